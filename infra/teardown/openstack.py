"""What the controllers of a private cluster made on the estate's own network.

The network is the estate's alone, so what is on it and in no state was made by them, whatever they call it:
Kubernetes' cloud provider for OpenStack names load balancers ``kube_service_...`` and their groups
``lb-sg-...``, and its CSI driver marks volumes by ``cinder.csi.openstack.org/cluster`` (kubernetes/
cloud-provider-openstack, pkg/openstack/loadbalancer.go and pkg/csi/cinder; from memory, not looked up on
2026-11-28).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from functools import partial
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
    network = connection.network
    if connection.has_service("load-balancer"):
        subnets = {subnet.id for subnet in network.subnets(network_id=network_id)}
        octavia = connection.load_balancer
        for balancer in octavia.load_balancers():
            if balancer.vip_subnet_id in subnets and balancer.id not in known:
                yield _left("load balancer", balancer, octavia.delete_load_balancer, cascade=True)
    addresses = {
        address.id: address
        for port in ports
        for address in network.ips(port_id=port.id)
        if address.id not in known
    }
    for address in addresses.values():
        yield replace(
            _left("floating address", address, network.delete_ip),
            id=address.floating_ip_address,
            made_for=address.description or "",
        )
    for port in ports:
        yield _left("port", port, network.delete_port)
    # A group is named after no cluster: those of the ports that go are this cluster's.
    groups = {id for port in ports for id in port.security_group_ids or () if id not in known}
    for group in network.security_groups():
        if group.id in groups and group.name.startswith(GROUPS):
            yield _left("security group", group, network.delete_security_group)
    if connection.has_service("block-storage"):
        cinder = connection.block_storage
        for volume in cinder.volumes():
            if cluster in str((volume.metadata or {}).get(CSI, "")) and volume.id not in known:
                yield replace(_left("volume", volume, cinder.delete_volume), holds_data=True)


def _left(kind: str, found: Any, delete: Callable[..., object], **more: object) -> Leftover:
    """What was found, by its id and its name; what is gone already is no error."""
    gone = partial(delete, found.id, ignore_missing=True, **more)
    return Leftover("openstack", kind, found.id, found.name or "", gone)


def _server(connection: Any, id: str) -> Callable[[], None]:
    def delete() -> None:
        if (server := connection.compute.find_server(id, ignore_missing=True)) is not None:
            connection.compute.delete_server(server, ignore_missing=True)
            # Its ports go with it.
            connection.compute.wait_for_delete(server, wait=300)

    return delete


__all__ = ["leftovers"]
