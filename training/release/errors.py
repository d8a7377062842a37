"""What can be wrong with a release; every message is one sentence for the user."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from isthmus.errors import IsthmusError, WrongData


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


@contextmanager
def reading(path: str) -> Iterator[None]:
    """Say which file of a release is not what it should hold, whatever the library that reads it raises.

    Raises:
        ReleaseDamaged: naming ``path``.
    """
    try:
        yield
    except FileNotFoundError:
        raise ReleaseDamaged(path, "is missing") from None
    except IsthmusError:
        raise
    except Exception as error:
        library = type(error).__module__.startswith(("onnxruntime", "pyarrow", "zipfile", "zlib"))
        kinds = EOFError | LookupError | TypeError | ValueError | AttributeError
        if not library and not isinstance(error, kinds):
            raise
        reason = " ".join(str(error).split())[:200] or type(error).__name__
        raise ReleaseDamaged(path, f"is not what a release holds ({reason})") from None


class SignatureRefused(ReleaseError):
    """A release is not signed by a key that is trusted here."""
