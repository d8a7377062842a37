"""Pod addresses: ``127.77.x.y``, ``x`` of this home alone among the homes of this machine, ``y`` of a pod.

Claims on ``x`` are files in the user's runtime folder, each naming the home that holds it. Other users' homes
cannot be seen there, so an ``x`` on which something already listens is passed over too.
"""

from __future__ import annotations

import contextlib
import hashlib
from pathlib import Path

from filelock import FileLock

from isthmus.errors import IsthmusError
from rehearsal import json_files
from rehearsal.claims import folder as claims_of
from rehearsal.home import Home

PREFIX = "127.77"
_SPAN = range(1, 255)


class NoAddress(IsthmusError):
    """Every address is taken."""


def claim(home: Home) -> int:
    """The third octet of this home's pods; the same again for as long as it is not released."""
    claims = claims_of("addresses")
    mine = str(home.root.resolve())
    with FileLock(claims / "lock", timeout=60):
        taken: set[int] = set()
        for path in claims.glob("*.json"):
            holder = json_files.read(path)
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
                json_files.write(claims / f"{octet}.json", mine)
                return octet
    raise NoAddress(
        f"all of {PREFIX}.1 to {PREFIX}.254 belong to other rehearsals: end one with `isthmus down`"
    )


def release(home: Home) -> None:
    """Let another home have this one's addresses."""
    claims = claims_of("addresses")
    with FileLock(claims / "lock", timeout=60):
        for path in claims.glob("*.json"):
            if json_files.read(path) == str(home.root.resolve()):
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
        self._taken: dict[str, int] = dict(json_files.read(self._path) or {})

    def of(self, key: str) -> str:
        """The address of ``key``, given to it now if it has none. Raises NoAddress."""
        if key not in self._taken:
            used = set(self._taken.values())
            free = next((number for number in _SPAN if number not in used), None)
            if free is None:
                raise NoAddress(f"all {len(_SPAN)} addresses of {PREFIX}.{self._octet}.0/24 are taken")
            self._taken[key] = free
            json_files.write(self._path, self._taken)
        return f"{PREFIX}.{self._octet}.{self._taken[key]}"

    def keep_jobs(self, cluster: str, uids: set[str]) -> None:
        """Give back those of all other Jobs of a cluster."""
        for key in [key for key in self._taken if key.startswith(f"{cluster}/")]:
            name = key.split("/")[2]
            if name.startswith("job-") and name.removeprefix("job-") not in uids:
                self.free(key)

    def free(self, prefix: str) -> None:
        """Give back ``prefix`` itself and every key below it."""
        gone = [key for key in self._taken if key == prefix or key.startswith(prefix + "/")]
        for key in gone:
            del self._taken[key]
        if gone:
            json_files.write(self._path, self._taken)
