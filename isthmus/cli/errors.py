"""Where an error becomes one sentence, or stays a traceback."""

from __future__ import annotations

from isthmus.errors import IsthmusError


class CommandError(IsthmusError):
    """A command cannot go on; the message says why and what to do next."""
