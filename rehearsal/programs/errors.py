"""How it is said that a program cannot be had."""

from __future__ import annotations

from isthmus.errors import IsthmusError


class ProgramError(IsthmusError):
    """A program cannot be had or run; the message says why and what to do next."""


class Unavailable(ProgramError):
    """One way to a program does not work on this machine; the next one may."""
