"""The Debian that the servers of the drill are: unpacked once into the user's cache, nothing installed here.

A service that is installed on the machine itself would start there, and whoever plays a drill asked for none.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from pathlib import Path
from typing import Final

from infra.link.cloud_init import PACKAGES
from rehearsal.drills.drill import DrillFailed
from rehearsal.drills.link.namespaces import ENDING
from rehearsal.programs import cache
from rehearsal.programs.progress import Progress
from rehearsal.programs.with_parent import with_parent

RELEASE: Final = "bookworm"
"""Debian 12, which is what ``link.servers.image`` names by default."""
BESIDE: Final = ("libcharon-extra-plugins", "iproute2", "procps")
"""The ESP of user space, and what a cloud's image brings along."""
NEEDED_GIB: Final = 0.6


def place() -> Path:
    """Where it is, or would be."""
    packages = sorted({*PACKAGES, *BESIDE})
    name = hashlib.sha256(" ".join([RELEASE, *packages]).encode()).hexdigest()[:12]
    return cache.entry("link", f"{RELEASE}-{name}-{cache.machine()}")


def here() -> bool:
    """Whether it was unpacked before."""
    return place().is_dir()


def provide(progress: Progress) -> Path:
    """Its root folder; the first time that takes a minute. Raises DrillFailed."""

    def make(folder: Path) -> None:
        free = shutil.disk_usage(folder).free / 2**30
        if free < NEEDED_GIB:
            raise DrillFailed(
                f"{folder.parent} has {free:.1f} GiB free; a Debian for the link takes {NEEDED_GIB}."
            )
        progress.phase("Unpacking a Debian 12 with strongSwan, FRR, keepalived and nftables (once; a minute)")
        packages = ",".join((*PACKAGES, *BESIDE))
        done = subprocess.run(
            # Mounts that a killed one would leave are in a namespace of its own.
            with_parent(
                [*ENDING, "mmdebstrap", "--quiet", "--mode=root", "--variant=essential",
                 f"--include={packages}", RELEASE, folder / "root"]
            ),
            stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
            env={**os.environ, "TMPDIR": str(folder)},
        )  # fmt: skip
        if done.returncode:
            last = " / ".join(done.stderr.strip().splitlines()[-3:])
            raise DrillFailed(f"mmdebstrap could not unpack Debian's packages: {last}")
        for archives in (folder / "root/var/cache/apt", folder / "root/var/lib/apt/lists"):
            shutil.rmtree(archives, ignore_errors=True)

    return cache.ensure(place(), make) / "root"


__all__ = ["RELEASE", "here", "place", "provide"]
