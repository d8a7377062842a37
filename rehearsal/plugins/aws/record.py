"""What the stand-in cannot hold: resources whose calls botocore's model has validated, kept in a file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from filelock import FileLock

from rehearsal.plugins.backend import Properties


class Record:
    """``recorded.json``: type token -> id -> inputs and the parameters of the last validated calls."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "recorded.json"

    def put(self, token: str, id: str, inputs: Properties, calls: dict[str, Any]) -> None:
        with self._locked():
            kept = self.all()
            kept.setdefault(token, {})[id] = {"inputs": inputs, "calls": calls}
            self._write(kept)

    def get(self, token: str, id: str) -> Properties | None:
        """The recorded inputs, None where there are none."""
        found = self.all().get(token, {}).get(id)
        return dict(found["inputs"]) if found else None

    def drop(self, token: str, id: str) -> None:
        with self._locked():
            kept = self.all()
            if kept.get(token, {}).pop(id, None) is not None:
                if not kept[token]:
                    del kept[token]
                self._write(kept)

    def all(self) -> dict[str, dict[str, Any]]:
        try:
            return dict(json.loads(self.path.read_text(encoding="utf-8")))
        except FileNotFoundError:
            return {}

    def _locked(self) -> FileLock:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        return FileLock(self.path.with_suffix(".lock"), timeout=60)

    def _write(self, kept: dict[str, Any]) -> None:
        aside = self.path.with_suffix(".tmp")
        aside.write_text(json.dumps(kept, indent=1, sort_keys=True), encoding="utf-8")
        aside.replace(self.path)


__all__ = ["Record"]
