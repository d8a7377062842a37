"""Pod addresses: ``127.77.x.y``, ``x`` of this home alone among the homes of this machine, ``y`` of a pod.

Claims on ``x`` are files in the user's runtime folder, each naming the home that holds it. Other users' homes
cannot be seen there, so an ``x`` on which something already listens is passed over too.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
from pathlib import Path

from filelock import FileLock

from isthmus.errors import IsthmusError
from rehearsal.cluster import files
from rehearsal.home import Home

PREFIX = "127.77"
_SPAN = range(1, 255)


class NoAddress(IsthmusError):
    """Every address is taken."""


def claims_folder(kind: str) -> Path:
    """Where all homes of this user tell each other what they hold of one kind."""
    # Not platformdirs' runtime folder: it warns where there is no XDG_RUNTIME_DIR, as in most containers.
    base = os.environ.get("XDG_RUNTIME_DIR") or f"{tempfile.gettempdir()}/isthmus-{os.getuid()}"
    folder = Path(base) / "isthmus" / kind
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


def _claims() -> Path:
    return claims_folder("addresses")


def claim(home: Home) -> int:
    """The third octet of this home's pods; the same again for as long as it is not released."""
    claims = _claims()
    mine = str(home.root.resolve())
    with FileLock(claims / "lock", timeout=60):
        taken: set[int] = set()
        for path in claims.glob("*.json"):
            holder = files.read(path)
            if holder == mine:
                return int(path.stem)
            if holder is None or not (Path(holder) / "clusters").is_dir():
                path.unlink(missing_ok=True)  # its home was removed by hand
            else:
                taken.add(int(path.stem))
        taken |= _listened()
        first = hashlib.sha256(mine.encode()).digest()[0] % len(_SPAN)
        for step in range(len(_SPAN)):
            octet = _SPAN[(first + step) % len(_SPAN)]
            if octet not in taken:
                files.write(claims / f"{octet}.json", mine)
                return octet
    raise NoAddress(
        f"all of {PREFIX}.1 to {PREFIX}.254 belong to other rehearsals: end one with `isthmus down`"
    )


def release(home: Home) -> None:
    """Let another home have this one's addresses."""
    claims = _claims()
    with FileLock(claims / "lock", timeout=60):
        for path in claims.glob("*.json"):
            if files.read(path) == str(home.root.resolve()):
                path.unlink(missing_ok=True)


def _listened() -> set[int]:
    import psutil

    taken = set()
    with contextlib.suppress(psutil.Error, OSError):
        for connection in psutil.net_connections("tcp4"):
            if connection.laddr and connection.laddr.ip.startswith(PREFIX + "."):
                taken.add(int(connection.laddr.ip.split(".")[2]))
    return taken


class Addresses:
    """The addresses of one home's pods, kept on disk: a Job's index has the same one in every attempt."""

    def __init__(self, home: Home) -> None:
        self._path = home.clusters / "addresses.json"
        self._octet = claim(home)
        self._taken: dict[str, int] = dict(files.read(self._path) or {})

    def of(self, key: str) -> str:
        """The address of ``key``, given to it now if it has none. Raises NoAddress."""
        if key not in self._taken:
            used = set(self._taken.values())
            free = next((number for number in _SPAN if number not in used), None)
            if free is None:
                raise NoAddress(f"all {len(_SPAN)} addresses of {PREFIX}.{self._octet}.0/24 are taken")
            self._taken[key] = free
            files.write(self._path, self._taken)
        return f"{PREFIX}.{self._octet}.{self._taken[key]}"

    def free(self, prefix: str) -> None:
        """Give back ``prefix`` itself and every key below it."""
        gone = [key for key in self._taken if key == prefix or key.startswith(prefix + "/")]
        for key in gone:
            del self._taken[key]
        if gone:
            files.write(self._path, self._taken)
