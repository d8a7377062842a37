"""How the engine part says that it cannot go on."""

from __future__ import annotations

from isthmus.errors import IsthmusError


class EngineError(IsthmusError):
    """The engine cannot be had or run; the message says why and what to do next."""


class Unavailable(EngineError):
    """One way to an engine does not work on this machine; the next one may."""
