"""The engine's events, read while it writes them."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rehearsal.engine.result import Result, parse


class EventLog:
    """A file that the engine appends events to, one a line."""

    def __init__(
        self, path: Path, result: Result, on_event: Callable[[Mapping[str, Any]], None] | None
    ) -> None:
        self.path = path
        self._result = result
        self._on_event = on_event
        self._read = 0

    @classmethod
    @contextmanager
    def new(cls, result: Result, on_event: Callable[[Mapping[str, Any]], None] | None) -> Iterator[EventLog]:
        """A log for one command, which ``result`` takes in; read to its end when the block ends."""
        with tempfile.TemporaryDirectory(prefix="isthmus-events-") as folder:
            log = cls(Path(folder) / "events.jsonl", result, on_event)
            yield log
            log.read()

    def read(self) -> None:
        """Take in the events written since the last call."""
        if not self.path.exists():
            return
        with self.path.open("rb") as file:
            file.seek(self._read)
            for line in file:
                # The last line may be half-written; the next call reads it again.
                if not line.endswith(b"\n"):
                    break
                self._read += len(line)
                if (event := parse(line.decode(errors="replace"))) is not None:
                    self._result.take(event)
                    if self._on_event:
                        self._on_event(event)
