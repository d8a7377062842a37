"""The network that leads outside."""

from __future__ import annotations

from collections.abc import Iterator

from infra.doctor.clouds import Clouds
from infra.settings import Settings
from isthmus.settings.errors import Problem


def outside(settings: Settings, clouds: Clouds) -> Iterator[Problem]:
    """Routers and floating addresses are of it."""
    networks = clouds.openstack().network
    name = settings.openstack.external_network
    external = [each.name for each in networks.networks(is_router_external=True)]
    if external.count(name) != 1:
        there = ", ".join(sorted(external)) or "none"
        found = "there are several of that name" if name in external else f"the external networks are {there}"
        yield Problem(
            "openstack.external_network",
            f"is {name}, and {found}: name one, or ask the operator for one that your project may use",
        )
    through_vpnaas = settings.link.enabled and settings.link.private_gateway == "vpnaas"
    if through_vpnaas and not any(each.alias == "vpnaas" for each in networks.extensions()):
        yield Problem(
            "link.private_gateway", "is vpnaas, and Neutron has no such extension here: write instances"
        )


__all__ = ["outside"]
