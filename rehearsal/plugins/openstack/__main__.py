"""``python -m rehearsal.plugins.openstack``: the executable that the engine starts."""

from __future__ import annotations

from importlib.metadata import version

from rehearsal.home import Home
from rehearsal.plugins.openstack.backend import OpenStackBackend
from rehearsal.plugins.server import serve


def main() -> None:
    """Serve the plugin until the engine ends."""
    serve(OpenStackBackend(Home.find()), version("pulumi-openstack"))


if __name__ == "__main__":
    main()
