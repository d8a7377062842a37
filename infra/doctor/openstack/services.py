"""Which services the private cloud has in the region."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from infra.doctor.clouds import Clouds
from infra.settings import Settings
from isthmus.settings.errors import Problem

LOCAL: Final = "local"
NEEDED: Final = {
    "compute": ("nova", "the nodes"),
    "image": ("glance", "their images"),
    "network": ("neutron", "the network"),
    "container-infra": ("magnum", "the cluster"),
    "key-manager": ("barbican", "the keys of the jobs"),
    "object-store": ("swift, or Ceph's gateway", "the orders"),
    "block-storage": ("cinder", "the nodes' volumes"),
    "load-balancer": ("octavia", "the API of the cluster"),
}
"""Type in the catalogue, by its official name (https://service-types.openstack.org: from memory)."""
WITHOUT_STAND_IN: Final = frozenset({"block-storage", "load-balancer"})
"""Of a rehearsal, which makes no machine."""


def services(settings: Settings, clouds: Clouds) -> Iterator[Problem]:
    """Each is in the catalogue that Keystone hands out, for this region."""
    catalogue: list[dict[str, Any]] = clouds.openstack().service_catalog
    regions: dict[str, set[str]] = {}
    for service in catalogue:
        kind = _official(service["type"])
        regions.setdefault(kind, set()).update(each["region_id"] for each in service["endpoints"])
    everywhere = sorted({region for found in regions.values() for region in found})
    region = settings.openstack.region
    if region not in everywhere:
        yield Problem(
            "openstack.region",
            f"is {region}, which the cloud does not have; it has {', '.join(everywhere)}: name one of these",
        )
        return
    for kind, (name, what) in NEEDED.items():
        if settings.stack == LOCAL and kind in WITHOUT_STAND_IN:
            continue
        if region not in regions.get(kind, ()):
            yield Problem(
                f"service {kind}",
                f"is not in {region}, and {what} need it: ask the cloud's operator for it ({name})",
            )


def _official(kind: str) -> str:
    """A type by its official name: clouds say ``volumev3`` or ``container-infrastructure-management``."""
    import os_service_types

    return str(os_service_types.ServiceTypes().get_service_type(kind) or kind).replace(
        "container-infrastructure-management", "container-infra"
    )


__all__ = ["services"]
