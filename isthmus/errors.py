"""The one base of our errors, and the exit statuses that they leave with."""

from __future__ import annotations

FAILED = 1
"""It did not go well this time; the same may succeed later."""
WRONG_DATA = 64
"""Wrong settings or data: the same would fail again, so nothing must repeat it (EX_USAGE of sysexits.h)."""


class IsthmusError(Exception):
    """An error written for the user: a sentence with what is wrong, what is allowed and what to do next.

    Whatever else reaches the top of a command or a job is a defect, and keeps its traceback.
    """

    exit_status: int = FAILED
    """What a process leaves with that ends by this error."""


class WrongData(IsthmusError):
    """Settings or data that cannot be used; only other ones help."""

    exit_status = WRONG_DATA


class StoreFailed(IsthmusError):
    """An object store or a database did not do what it was asked; the same may succeed later."""
