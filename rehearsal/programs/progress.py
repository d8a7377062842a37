"""How a long piece of work shows that it goes on: a moving line on a terminal, else a line now and then."""

from __future__ import annotations

import time
from types import TracebackType

from rich.console import Console
from rich.markup import escape
from rich.status import Status

# Between two lines where there is no terminal, in seconds.
_QUIET = 20.0


class Progress:
    """One piece of work in phases; everything goes to stderr."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(stderr=True, highlight=False, soft_wrap=True)
        self._status: Status | None = None
        self._phase = ""
        self._started = self._spoken = time.monotonic()

    def __enter__(self) -> Progress:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def phase(self, text: str) -> None:
        """Begin a new phase; ``text`` says what it does."""
        self._phase = text
        self._started = self._spoken = time.monotonic()
        if self._console.is_terminal:
            if self._status is None:
                self._status = self._console.status("")
                self._status.start()
            self._status.update(f"{escape(text)} …")
        else:
            self.say(f"{text} …")

    def at(self, text: str) -> None:
        """Show how far the phase has got."""
        seconds = int(time.monotonic() - self._started)
        line = f"{self._phase} … {text}, {seconds // 60}:{seconds % 60:02d}"
        if self._status is not None:
            self._status.update(escape(line))
        elif time.monotonic() - self._spoken >= _QUIET:
            self._spoken = time.monotonic()
            self.say(line)

    def say(self, text: str) -> None:
        """Print a line that stays."""
        self._console.print(escape(text))

    def stop(self) -> None:
        if self._status is not None:
            self._status.stop()
            self._status = None
