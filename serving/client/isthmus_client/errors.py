"""What the client raises; each message is a sentence with what is wrong and what to do."""

from __future__ import annotations


class ClientError(Exception):
    """The base of all errors of the client."""


class ServerUnavailable(ClientError):
    """No Triton server answers at the address; the message says what to do."""


class NotTriton(ServerUnavailable):
    """Something answers at the address, but no Triton server of isthmus: asking again would not help."""


class ClientClosed(ClientError):
    """The client was closed before it was asked."""


class ServerRefused(ClientError):
    """The server answered that the question is wrong, with its own words."""


class QuestionRefused(ServerRefused, ValueError):
    """The question cannot be right, so the client did not send it."""
