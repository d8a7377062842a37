"""How a control plane says that it cannot go on, and how its API server says no."""

from __future__ import annotations

from isthmus.errors import IsthmusError


class ControlPlaneError(IsthmusError):
    """A control plane does not come up or does not end; the message says why and where to look."""


class ApiRefused(IsthmusError):
    """The API server's answer to what it does not do; the message is its own."""

    def __init__(self, status: int, reason: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.reason = reason
        """One word of the API's own, such as ``Invalid``, ``Conflict`` or ``AlreadyExists``."""
