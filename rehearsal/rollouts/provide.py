"""The controller's program: built from its Go module once, and kept by version in the user's cache."""

from __future__ import annotations

from pathlib import Path

from rehearsal.programs import build, cache
from rehearsal.programs.progress import Progress
from rehearsal.rollouts import pin


def provide(progress: Progress | None = None) -> Path:
    """The program. Raises ProgramError where it cannot be built."""
    place = cache.entry("argo-rollouts", pin.VERSION, cache.machine())
    with progress or Progress() as shown:
        cache.ensure(
            place,
            lambda folder: build.build(pin.MODULE, folder, shown),
            waiting=lambda: shown.phase("Another process is building Argo Rollouts, waiting for it"),
        )
    return place / "bin" / pin.MODULE.executable


__all__ = ["provide"]
