"""``python -m rehearsal.plugins.openstack``: the executable that the engine starts."""

from __future__ import annotations

from importlib.metadata import version

from rehearsal.home import Home
from rehearsal.openstack_services import choice
from rehearsal.openstack_services.choice import Behind
from rehearsal.plugins.openstack.backend import OpenStackBackend
from rehearsal.plugins.server import serve


def main() -> None:
    """Serve the plugin until the engine ends: by the real services where the rehearsal has them."""
    home = Home.find()
    backend = OpenStackBackend(home)
    if choice.of(home) is Behind.REAL:
        from rehearsal.plugins.openstack.services.backend import ServicesBackend

        backend = ServicesBackend(home)
    serve(backend, version("pulumi-openstack"))


if __name__ == "__main__":
    main()
