"""What is behind a Magnum cluster: a control plane, which begins and ends with it."""

from __future__ import annotations

from collections.abc import Callable

from rehearsal.control_plane import clusters
from rehearsal.control_plane.errors import ControlPlaneError
from rehearsal.home import Home
from rehearsal.plugins.backend import Properties, Refused


def begin(home: Home, inputs: Properties) -> None:
    """Start one with nothing in it. Raises Refused."""
    _call(home, inputs, clusters.begin)


def end(home: Home, inputs: Properties) -> None:
    """End it, with all that it held. Raises Refused."""
    _call(home, inputs, clusters.end)


def _call(home: Home, inputs: Properties, call: Callable[[Home, str], None]) -> None:
    try:
        call(home, str(inputs["name"]))
    except ControlPlaneError as error:
        raise Refused(str(error)) from None


__all__ = ["begin", "end"]
