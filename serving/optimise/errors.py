"""What can go wrong while a release is optimised."""

from __future__ import annotations

from isthmus.errors import IsthmusError, WrongData


class OptimiseRefused(WrongData):
    """A release or orders that nothing can be measured on; the message says what is missing."""


class OptimisedDamaged(IsthmusError):
    """A folder of optimised models is not what was written, or is of another release."""


class NotMade(IsthmusError):
    """A variant that cannot be made of this model; the message is the reason that its row shows."""
