"""The programs of a control plane: the first way that works, kept by version in the user's cache."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from rehearsal.control_plane import official, pin
from rehearsal.control_plane.official import Sites
from rehearsal.programs import build, cache
from rehearsal.programs.errors import ProgramError
from rehearsal.programs.progress import Progress
from rehearsal.programs.versions import dotted, numbers

Origin = Literal["official", "built"]

WAYS: Final[tuple[Origin, ...]] = ("official", "built")
_SAID: Final = {"official": "as its makers publish it", "built": "built from its Go module"}


@dataclass(frozen=True)
class Binaries:
    """The folder with the programs that ``pin.NAMES`` names, and where they came from."""

    folder: Path
    origin: Origin

    def __str__(self) -> str:
        versions = f"Kubernetes {pin.VERSION}, etcd {pin.ETCD_VERSION}"
        return f"{versions}, {_SAID[self.origin]} ({self.folder})"


def provide(
    progress: Progress | None = None, *, ways: Sequence[Origin] = WAYS, sites: Sites | None = None
) -> Binaries:
    """The programs: downloaded or built unless the cache has them.

    Raises ProgramError, naming every way that was tried.
    """
    if ready := cached(ways):
        return ready
    tried: list[str] = []
    with progress or Progress() as shown:
        makers: dict[Origin, Callable[[Path], None]] = {
            "official": lambda folder: official.install(folder, shown, sites or Sites()),
            "built": lambda folder: _build(folder, shown),
        }
        for way in ways:
            try:
                cache.ensure(_entry(way), makers[way], waiting=lambda: _wait(shown))
            except ProgramError as error:
                tried.append(f"{_SAID[way]}: {error}")
            else:
                binaries = Binaries(_entry(way) / "bin", way)
                shown.stop()
                shown.say(f"Control plane: {binaries}")
                return binaries
    raise ProgramError("No control plane. " + "  ".join(f"({i}) {one}" for i, one in enumerate(tried, 1)))


def cached(ways: Sequence[Origin] = WAYS) -> Binaries | None:
    """What the cache has of it; asks no site and builds nothing."""
    return next((Binaries(_entry(way) / "bin", way) for way in ways if _entry(way).is_dir()), None)


def _build(folder: Path, progress: Progress) -> None:
    build.build(pin.MODULE, folder, progress)
    for name in pin.NAMES:
        (folder / "bin" / name).symlink_to(pin.MODULE.executable)
    # A build that does not run is none: the module's replaced modules fit together or panic as they start.
    asked = subprocess.run(
        [folder / "bin" / pin.API_SERVER, "--version"], capture_output=True, text=True, check=False
    )
    version = numbers(asked.stdout)
    if version is None or dotted(version) != pin.VERSION:
        last = (asked.stderr.strip() or asked.stdout.strip() or "it said nothing").splitlines()[-1]
        raise ProgramError(f"the program that was built does not run ({last})")


def _wait(progress: Progress) -> None:
    progress.phase("Another process is preparing the control plane, waiting for it")


def _entry(way: Origin) -> Path:
    return cache.entry("control-plane", f"{pin.VERSION}-etcd-{pin.ETCD_VERSION}", f"{way}-{cache.machine()}")
