"""The programs ``prometheus`` and ``promtool``: on PATH, else Debian's, unpacked into the user's cache.

Unpacked and not installed: the package would start a server of its own, and only root may install.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Final

from rehearsal.programs import cache
from rehearsal.programs.errors import ProgramError
from rehearsal.programs.progress import Progress

PACKAGE: Final = "prometheus"
NAMES: Final = ("prometheus", "promtool")
_SECONDS: Final = 300.0


def provide(progress: Progress | None = None) -> dict[str, Path]:
    """The paths of both programs. Raises ProgramError where there is no way to them."""
    found = {name: shutil.which(name) for name in NAMES}
    if all(found.values()):
        return {name: Path(str(path)) for name, path in found.items()}
    place = cache.entry("prometheus", f"debian-{cache.machine()}")
    with progress or Progress() as shown:
        cache.ensure(place, lambda folder: _unpack(folder, shown))
    return {name: place / "usr" / "bin" / name for name in NAMES}


def _unpack(folder: Path, progress: Progress) -> None:
    for program in ("apt-get", "dpkg"):
        if shutil.which(program) is None:
            raise ProgramError(
                f"There is no Prometheus on PATH and no {program} to fetch Debian's: put prometheus and "
                "promtool on PATH, from your system's packages or https://prometheus.io/download."
            )
    progress.phase("Fetching Prometheus from Debian")
    _run(["apt-get", "download", PACKAGE], folder)
    for package in sorted(folder.glob(f"{PACKAGE}_*.deb")):
        _run(["dpkg", "-x", str(package), str(folder)], folder)
        package.unlink()
    if not all((folder / "usr" / "bin" / name).is_file() for name in NAMES):
        raise ProgramError(f"Debian's package {PACKAGE} holds no {' and '.join(NAMES)}.")


def _run(command: list[str], folder: Path) -> None:
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            env={**os.environ, "LC_ALL": "C"},
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ProgramError(f"{' '.join(command)} did not end well ({error}); try again.") from None
    if done.returncode != 0:
        last = (done.stderr.strip() or "it said nothing").splitlines()[-1]
        raise ProgramError(
            f"{' '.join(command)} failed ({last}): `apt-get update` may help, or put a "
            "Prometheus of your own on PATH."
        )


__all__ = ["NAMES", "provide"]
