"""Plugins whose engine was killed: what they were asked for they do all the same."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any, Final

PATIENCE_SECONDS: Final = 60.0
_POLL_SECONDS: Final = 0.2
_HOME: Final = "PULUMI_HOME"


def outlast(environment: Mapping[str, str], say: Callable[[str], None]) -> None:
    """Wait for plugins of this machine that no engine waits for any more, at most for a minute.

    What one of them is still making is not there yet for who looks, and is soon. A cluster takes longer
    than a minute, and is there from its first moment.
    """
    end = time.monotonic() + PATIENCE_SECONDS
    told = False
    while (left := _orphans(environment.get(_HOME))) and time.monotonic() < end:
        if not told:
            names = ", ".join(str(one.pid) for one in left)
            say(f"Waiting for plugins of the engine that was killed (processes {names}).")
            told = True
        time.sleep(_POLL_SECONDS)


def _orphans(home: str | None) -> list[Any]:
    """Plugins of engines with the same home that have lost theirs."""
    import psutil

    found = []
    for process in psutil.process_iter():
        try:
            if (
                # The kernel keeps fifteen letters of a name.
                process.name().startswith("pulumi-resource")
                and process.status() != psutil.STATUS_ZOMBIE
                and not _has_engine(process)
                and process.environ().get(_HOME) == home
            ):
                found.append(process)
        except psutil.Error:
            continue
    return found


def _has_engine(plugin: Any) -> bool:
    parent = plugin.parent()
    return parent is not None and parent.name().startswith("pulumi")


__all__ = ["PATIENCE_SECONDS", "outlast"]
