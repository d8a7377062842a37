"""How the engine part says that it cannot go on."""

from __future__ import annotations

from rehearsal.programs.errors import ProgramError


class EngineError(ProgramError):
    """The engine cannot be had or run; the message says why and what to do next."""
