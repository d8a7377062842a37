"""A pod's address as its processes use it, and as the API server is told it.

Processes listen on ``127.77.x.y``. The API server takes no loopback address into an EndpointSlice, so it is
told ``10.77.x.y``, where nobody answers.
"""

from __future__ import annotations

_HERE, _TOLD = "127.77.", "10.77."


def told(address: str) -> str:
    """What the API server is told of an address of this machine."""
    return _TOLD + address.removeprefix(_HERE) if address.startswith(_HERE) else address


def here(address: str) -> str:
    """The address of this machine that the API server was told of so."""
    return _HERE + address.removeprefix(_TOLD) if address.startswith(_TOLD) else address
