"""What the controllers of a private cluster made on the estate's own network.

The network is the estate's alone, so what is on it and in no state was made by them, whatever they call it:
Kubernetes' cloud provider for OpenStack names load balancers ``kube_service_...`` and their groups
``lb-sg-...``, and its CSI driver marks volumes by ``cinder.csi.openstack.org/cluster`` (kubernetes/
cloud-provider-openstack, pkg/openstack/loadbalancer.go and pkg/csi/cinder; from memory, not looked up on
2026-11-28).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from typing import Any, Final

from infra.teardown.leftover import Leftover

CLOUDS_OWN: Final = (
    "network:router_interface",
    "network:dhcp",
    "network:router_gateway",
    "network:distributed",
)
"""Owners of ports that Neutron makes and takes away itself."""
SERVERS: Final = "compute:"
CSI: Final = "cinder.csi.openstack.org/cluster"
GROUPS: Final = "lb-sg-"


def leftovers(
    connection: Any, network_id: str, cluster: str, known: Collection[str], *, servers: bool
) -> Iterator[Leftover]:
    """All on a network that is not ``known``, in the order in which it can go.

    Args:
        connection: of openstacksdk.
        network_id: of the estate's own network.
        cluster: the cluster's name.
        known: ids of the state's resources.
        servers: whether servers count: not before the cluster is gone, which has some of its own.
    """
    unknown = [
        port
        for port in connection.network.ports(network_id=network_id)
        if port.id not in known and not (port.device_owner or "").startswith(CLOUDS_OWN)
    ]
    ports = [port for port in unknown if not (port.device_owner or "").startswith(SERVERS)]
    if servers:
        for id in dict.fromkeys(port.device_id for port in unknown if port not in ports):
            yield Leftover("openstack", "server", id, "", _server(connection, id))
    if connection.has_service("load-balancer"):
        subnets = {subnet.id for subnet in connection.network.subnets(network_id=network_id)}
        for balancer in connection.load_balancer.load_balancers():
            if balancer.vip_subnet_id in subnets and balancer.id not in known:
                yield _balancer(connection, balancer)
    addresses = {
        address.id: address
        for port in ports
        for address in connection.network.ips(port_id=port.id)
        if address.id not in known
    }
    for address in addresses.values():
        yield Leftover(
            "openstack",
            "floating address",
            address.floating_ip_address,
            address.description or "",
            lambda id=address.id: connection.network.delete_ip(id, ignore_missing=True),  # type: ignore[misc]
        )
    for port in ports:
        yield Leftover(
            "openstack",
            "port",
            port.id,
            port.name or "",
            lambda id=port.id: connection.network.delete_port(id, ignore_missing=True),  # type: ignore[misc]
        )
    # A group is named after no cluster: those of the ports that go are this cluster's.
    groups = {id for port in ports for id in port.security_group_ids or () if id not in known}
    for group in connection.network.security_groups():
        if group.id in groups and group.name.startswith(GROUPS):
            yield Leftover(
                "openstack",
                "security group",
                group.id,
                group.name,
                lambda id=group.id: connection.network.delete_security_group(id, ignore_missing=True),  # type: ignore[misc]
            )
    if connection.has_service("block-storage"):
        for volume in connection.block_storage.volumes():
            if cluster in str((volume.metadata or {}).get(CSI, "")) and volume.id not in known:
                yield Leftover(
                    "openstack",
                    "volume",
                    volume.id,
                    volume.name or "",
                    lambda id=volume.id: connection.block_storage.delete_volume(id, ignore_missing=True),  # type: ignore[misc]
                    holds_data=True,
                )


def _server(connection: Any, id: str) -> Callable[[], None]:
    def delete() -> None:
        if (server := connection.compute.find_server(id, ignore_missing=True)) is not None:
            connection.compute.delete_server(server, ignore_missing=True)
            # Its ports go with it.
            connection.compute.wait_for_delete(server, wait=300)

    return delete


def _balancer(connection: Any, balancer: Any) -> Leftover:
    def delete() -> None:
        connection.load_balancer.delete_load_balancer(balancer.id, ignore_missing=True, cascade=True)

    return Leftover("openstack", "load balancer", balancer.id, balancer.name or "", delete)


__all__ = ["leftovers"]
