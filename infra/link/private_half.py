"""The private half of the link: two servers of the estate's own, or Neutron VPNaaS."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import pulumi
import pulumi_aws as aws
import pulumi_openstack as openstack

from infra.link import vpnaas
from infra.link.cloud_init import cloud_init
from infra.link.link_keys import LinkKeys
from infra.link.server_files import Addresses, Peer, files
from infra.link.spec import ServerSpec, servers
from infra.link.vocabulary import neutron
from infra.naming import Naming
from infra.openstack.gateway_ports import GatewayPorts
from infra.openstack.gateway_servers import GatewayServers
from infra.openstack.site import OpenStackSite
from infra.settings.link import LinkSettings
from infra.settings.openstack import OpenStackSettings


@dataclass(frozen=True)
class OpenStackLinkEnd:
    """What the link joins in OpenStack."""

    router_id: pulumi.Input[str]
    subnet_id: pulumi.Input[str]
    cidr: str
    external_network: str
    network_id: pulumi.Input[str]
    network: pulumi.Resource
    """What must stand before the VPN: the subnet has to hang on the router."""

    @classmethod
    def of(cls, site: OpenStackSite, settings: OpenStackSettings) -> OpenStackLinkEnd:
        """The OpenStack site's end."""
        return cls(
            router_id=site.network.router_id,
            subnet_id=site.network.subnet_id,
            cidr=str(settings.network.cidr),
            external_network=settings.external_network,
            network_id=site.network.network_id,
            network=site.network,
        )


class PrivateHalf(Protocol):
    """What AWS must know of the private half, and what that does with AWS's answer."""

    labels: tuple[str, ...]
    """Of its connections, the ends of their names."""
    tunnels: int
    """How many of a connection's two it uses."""
    speaks_bgp: bool
    outside: tuple[pulumi.Output[str], ...]

    def finish(self, connections: Sequence[aws.ec2.VpnConnection], keys: LinkKeys) -> None:
        """Declare what needs AWS's addresses, and the keys."""


class Vpnaas:
    """One connection of Neutron VPNaaS, by one of AWS's two tunnels."""

    labels: tuple[str, ...] = ("",)
    tunnels: int = 1
    speaks_bgp: bool = False

    def __init__(
        self,
        name: str,
        naming: Naming,
        settings: LinkSettings,
        end: OpenStackLinkEnd,
        aws_cidr: str,
        parent: pulumi.Resource,
    ) -> None:
        self._name, self._naming, self._parent = name, naming, parent
        self._options, self._end, self._aws_cidr = neutron(settings), end, aws_cidr
        self._service = openstack.vpnaas.Service(
            name,
            name=naming.name("link"),
            description="The private half of the link",
            router_id=end.router_id,
            opts=pulumi.ResourceOptions(parent=parent, depends_on=[end.network]),
        )
        given = settings.gateway_address
        self.outside: tuple[pulumi.Output[str], ...] = (
            pulumi.Output.from_input(str(given)) if given else self._service.external_v4_ip,
        )

    def finish(self, connections: Sequence[aws.ec2.VpnConnection], keys: LinkKeys) -> None:
        """Connect it to the first of the two ends."""
        vpnaas.connect(
            self._name,
            naming=self._naming,
            options=self._options,
            connection=connections[0],
            key=keys.of_private(0, connections[0])[0],
            service=self._service,
            subnet_id=self._end.subnet_id,
            aws_cidr=self._aws_cidr,
            parent=self._parent,
        )


class Servers:
    """Two servers, each with a connection and both of its tunnels."""

    labels: tuple[str, ...] = ("-1", "-2")
    tunnels: int = 2
    speaks_bgp: bool = True

    def __init__(
        self,
        name: str,
        naming: Naming,
        settings: LinkSettings,
        end: OpenStackLinkEnd,
        aws_cidr: str,
        parent: pulumi.Resource,
    ) -> None:
        self._name, self._naming, self._settings, self._parent = name, naming, settings, parent
        self._specs: Final = servers(settings, end.cidr, aws_cidr)
        self._ports = GatewayPorts(
            f"{name}-ports",
            naming=naming,
            network_id=end.network_id,
            subnet_id=end.subnet_id,
            router_id=end.router_id,
            external_network=end.external_network,
            private_cidr=end.cidr,
            aws_cidr=aws_cidr,
            network=end.network,
            opts=pulumi.ResourceOptions(parent=parent),
        )
        self.outside: tuple[pulumi.Output[str], ...] = self._ports.outside

    def finish(self, connections: Sequence[aws.ec2.VpnConnection], keys: LinkKeys) -> None:
        """Start the servers with what AWS has answered."""
        GatewayServers(
            f"{self._name}-servers",
            naming=self._naming,
            image=self._settings.servers.image,
            flavor=self._settings.servers.flavor,
            ports=self._ports,
            user_data=[
                self._user_data(index, connection, keys.of_private(index, connection))
                for index, connection in enumerate(connections)
            ],
            aws_ends=[(each.tunnel1_address, each.tunnel2_address) for each in connections],
            opts=pulumi.ResourceOptions(parent=self._parent),
        )

    def _user_data(
        self,
        index: int,
        connection: aws.ec2.VpnConnection,
        keys: tuple[pulumi.Output[str], pulumi.Output[str]],
    ) -> pulumi.Output[str]:
        spec, ports = self._specs[index], self._ports
        name = self._naming.name(f"link-{spec.number}")
        return pulumi.Output.all(
            ports.addresses[index],
            ports.addresses[1 - index],
            ports.virtual,
            ports.outside[index],
            connection.tunnel1_address,
            keys[0],
            connection.tunnel2_address,
            keys[1],
        ).apply(lambda known: _text(spec, name, known))


def _text(spec: ServerSpec, name: str, known: Sequence[str]) -> str:
    own, other, virtual, outside, first, first_key, second, second_key = known
    peers = (Peer(first, first_key), Peer(second, second_key))
    return cloud_init(name, files(spec, Addresses(name, own, other, virtual, outside, peers)))


__all__ = ["OpenStackLinkEnd", "PrivateHalf", "Servers", "Vpnaas"]
