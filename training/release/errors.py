"""What can be wrong with a release; every message is one sentence for the user."""

from __future__ import annotations

from isthmus.errors import WrongData
from training import errors


class ReleaseError(WrongData):
    """A release cannot be written, read, found or trusted; the message names the file."""


class ReleaseDamaged(ReleaseError):
    """A file of a release is not the one its manifest lists.

    Attributes:
        path: the first bad file, relative to the release directory.
    """

    def __init__(self, path: str, why: str) -> None:
        super().__init__(f"release file {path} {why}; fetch the release again or train a new one")
        self.path = path


class StoreFailed(errors.StoreFailed, ReleaseError):
    """The releases bucket did not do what it was asked; the same may succeed later."""


class SignatureRefused(ReleaseError):
    """A release is not signed by a key that is trusted here."""
