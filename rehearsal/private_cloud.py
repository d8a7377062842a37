"""The private cloud behind a rehearsal's estate, as its settings declare it."""

from __future__ import annotations

from urllib.parse import urlsplit

from infra.settings.openstack import OpenStackSettings
from rehearsal.home import Home
from rehearsal.openstack_services import services
from rehearsal.openstack_services.declared import Declared, distribution, put
from rehearsal.openstack_services.services import Cloud
from rehearsal.openstack_services.session import Session


def start(home: Home, settings: OpenStackSettings) -> Cloud:
    """The real services at the address that the settings name, with what these take for given.

    Raises ServicesError.
    """
    cluster = settings.cluster
    flavors = {cluster.master_flavor, cluster.node_flavor, *(p.flavor for p in settings.gpu_pools.values())}
    declared = Declared(
        external_network=settings.external_network,
        images=[(cluster.image, distribution(cluster.image))],
        flavors=flavors,
    )
    cloud = services.start(
        home,
        auth_port=urlsplit(str(settings.auth_url)).port,
        store_port=urlsplit(str(settings.object_store_url)).port,
        region=settings.region,
    )
    put(Session.of(cloud, administrator=True), declared)
    return cloud


__all__ = ["start"]
