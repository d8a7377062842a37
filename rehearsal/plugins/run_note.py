"""Which run of a stand-in holds what the state says: one that was ended has forgotten all of it."""

from __future__ import annotations

import json
from pathlib import Path

from filelock import FileLock

from isthmus.atomic_files import atomic_write

_WAIT_SECONDS = 60.0


class RunNote:
    """``runs.json`` in a plugin's folder: the run by the scope that ids are unique within."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "runs.json"

    def all(self) -> dict[str, str]:
        """The run of every scope in which something was made."""
        try:
            return dict(json.loads(self.path.read_text(encoding="utf-8")))
        except FileNotFoundError:
            return {}

    def made(self, scope: str, run: str) -> None:
        """Something was made in a scope by a run. Cheap when that is no news."""
        if run and self.all().get(scope) != run:
            self._change(scope, run)

    def is_lost(self, scope: str, run: str) -> bool:
        """Whether another run made what is in a scope."""
        noted = self.all().get(scope, "")
        return bool(run and noted and noted != run)

    def forget(self, scope: str) -> None:
        """Nobody asks any more for what an earlier run made in a scope."""
        if scope in self.all():
            self._change(scope, "")

    def _change(self, scope: str, run: str) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(self.path.with_suffix(".lock"), timeout=_WAIT_SECONDS):
            runs = {key: value for key, value in self.all().items() if key != scope}
            atomic_write(self.path, json.dumps({**runs, **({scope: run} if run else {})}).encode(), 0o600)


__all__ = ["RunNote"]
