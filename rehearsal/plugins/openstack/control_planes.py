"""The calls behind a Magnum cluster: a control plane."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from rehearsal.control_plane import clusters
from rehearsal.control_plane.errors import ControlPlaneError
from rehearsal.home import Home
from rehearsal.plugins.backend import Properties, Refused


class ControlPlanes:
    """A cluster's control plane begins and ends with it."""

    def create(self, folder: Path, inputs: Properties) -> None:
        """Start one with nothing in it."""
        _call(folder, inputs, clusters.begin)

    def change(self, folder: Path, inputs: Properties) -> None:
        """Have it at work."""
        _call(folder, inputs, clusters.resume)

    def exists(self, folder: Path, inputs: Properties) -> bool:  # noqa: ARG002
        """The record knows."""
        return True

    def delete(self, folder: Path, inputs: Properties) -> None:
        """End it, with all that it held."""
        _call(folder, inputs, clusters.end)


def _call(folder: Path, inputs: Properties, call: Callable[[Home, str], None]) -> None:
    try:
        call(Home(folder.parent), str(inputs["name"]))
    except ControlPlaneError as error:
        raise Refused(str(error)) from None
