"""The link: IPsec tunnels between the sites, with both of their halves in one component."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from infra.aws.site import AwsSite
from infra.link.alarms import connection_down, tunnel_down
from infra.link.aws_gateway import Attachment, attach
from infra.link.link_keys import LinkKeys
from infra.link.private_half import OpenStackLinkEnd, PrivateHalf, Servers, Vpnaas
from infra.link.stored_keys import read
from infra.link.vocabulary import AwsTunnel, halves
from infra.naming import Naming
from infra.preshared_keys import names
from infra.settings.aws import AwsSettings
from infra.settings.link import LinkSettings


@dataclass(frozen=True)
class AwsLinkEnd:
    """What the link joins in AWS. ``cidr`` is the VPC's; the route tables learn the OpenStack network."""

    vpc_id: pulumi.Input[str]
    cidr: str
    subnet_ids: Sequence[pulumi.Input[str]]
    """A subnet of each zone; only a transit gateway attaches to them."""
    route_tables: dict[str, pulumi.Input[str]]
    """Those that learn the OpenStack network, by a short name that does not change."""
    log_key_arn: pulumi.Input[str]
    log_retention_days: int

    @classmethod
    def of(cls, site: AwsSite, settings: AwsSettings) -> AwsLinkEnd:
        """The AWS site's end."""
        return cls(
            vpc_id=site.network.vpc_id,
            cidr=str(settings.network.cidr),
            subnet_ids=site.network.intra_subnet_ids,
            route_tables=site.route_tables,
            log_key_arn=site.keys.cluster_key_arn,
            log_retention_days=settings.log_retention_days,
        )


class Link(pulumi.ComponentResource):
    """The tunnels between the sites, every option of both halves translated from ``settings``.

    No one types or sees a pre-shared key. Of ``settings.key_generations`` each half has its own from the
    store of its site; without them AWS makes the keys, and they go to the other half as secret outputs.
    ``opts.providers`` must hold both clouds' providers.
    """

    connection_ids: list[pulumi.Output[str]]
    aws_addresses: list[pulumi.Output[str]]
    """Outside addresses of the ends in AWS that the private half dials, by connection."""
    openstack_addresses: list[pulumi.Output[str]]
    """Outside addresses of the private site's gateways."""

    def __init__(
        self,
        name: str,
        *,
        naming: Naming,
        settings: LinkSettings,
        aws_end: AwsLinkEnd,
        openstack_end: OpenStackLinkEnd,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("isthmus:link:Link", name, None, opts)
        self._child = pulumi.ResourceOptions(parent=self)
        self._naming, self._settings = naming, settings
        both = halves(settings)
        kind = Servers if settings.private_gateway == "instances" else Vpnaas
        private: PrivateHalf = kind(name, naming, settings, openstack_end, aws_end.cidr, self)
        attachment = attach(
            name,
            kind=settings.gateway,
            asn=settings.aws_asn,
            vpc_id=aws_end.vpc_id,
            subnet_ids=aws_end.subnet_ids,
            tag=naming.name("link"),
            opts=self._child,
        )
        logs = self._logs(name, aws_end) if settings.logs else None
        keys = self._keys()
        connections = [
            self._connection(
                f"{name}{label}",
                f"link{label}",
                address,
                attachment,
                {**_tunnel_options(tunnels, logs), **keys.of_aws(index, private.tunnels)},
                None if private.speaks_bgp else (openstack_end.cidr, aws_end.cidr),
            )
            for index, (label, address, tunnels) in enumerate(
                zip(private.labels, private.outside, both.connections, strict=True)
            )
        ]
        self._routes(
            name, attachment, aws_end, openstack_end.cidr, None if private.speaks_bgp else connections[0]
        )
        private.finish(connections, keys)
        for label, connection in zip(private.labels, connections, strict=True):
            self._alarms(f"{name}{label}", f"link{label}", connection, private.tunnels)
        self.connection_ids = [connection.id for connection in connections]
        self.aws_addresses = [end for each in connections for end in _ends(each)[: private.tunnels]]
        self.openstack_addresses = list(private.outside)
        self.register_outputs(
            {
                "connectionIds": self.connection_ids,
                "awsAddresses": self.aws_addresses,
                "privateAddresses": self.openstack_addresses,
            }
        )

    def _keys(self) -> LinkKeys:
        generations = self._settings.key_generations
        if generations is None:
            return LinkKeys()
        used = generations if self._settings.private_gateway == "instances" else generations[:1]
        return LinkKeys(
            read(names(self._naming, used), pulumi.InvokeOutputOptions(parent=self)),
        )

    def _logs(self, name: str, aws_end: AwsLinkEnd) -> aws.cloudwatch.LogGroup:
        return aws.cloudwatch.LogGroup(
            name,
            # Groups under this prefix need no resource policy of their own for delivery.
            name=f"/aws/vendedlogs/{self._naming.name('link')}",
            retention_in_days=aws_end.log_retention_days,
            kms_key_id=aws_end.log_key_arn,
            opts=self._child,
        )

    def _connection(
        self,
        name: str,
        label: str,
        address: pulumi.Output[str],
        attachment: Attachment,
        options: dict[str, Any],
        static: tuple[str, str] | None,
    ) -> aws.ec2.VpnConnection:
        """A customer gateway and its connection; ``static``: both networks, where no BGP tells them."""
        tags = {"Name": self._naming.name(label)}
        customer = aws.ec2.CustomerGateway(
            name,
            type="ipsec.1",
            ip_address=address,
            **_asn(self._settings.asn),
            tags=tags,
            opts=self._child,
        )
        private, public = static or (None, None)
        return aws.ec2.VpnConnection(
            name,
            type="ipsec.1",
            customer_gateway_id=customer.id,
            vpn_gateway_id=attachment.vpn_gateway_id,
            transit_gateway_id=attachment.transit_gateway_id,
            static_routes_only=static is not None,
            local_ipv4_network_cidr=private,
            remote_ipv4_network_cidr=public,
            **options,
            tags=tags,
            opts=pulumi.ResourceOptions(
                parent=self, additional_secret_outputs=["tunnel1PresharedKey", "tunnel2PresharedKey"]
            ),
        )

    def _routes(
        self,
        name: str,
        attachment: Attachment,
        aws_end: AwsLinkEnd,
        openstack_cidr: str,
        static: aws.ec2.VpnConnection | None,
    ) -> None:
        """The ways to the private site; ``static``: the connection that tells none by BGP."""
        if attachment.vpn_gateway_id is not None:
            if static is not None:
                aws.ec2.VpnConnectionRoute(
                    name,
                    vpn_connection_id=static.id,
                    destination_cidr_block=openstack_cidr,
                    opts=self._child,
                )
            for table, table_id in aws_end.route_tables.items():
                aws.ec2.VpnGatewayRoutePropagation(
                    f"{name}-{table}",
                    vpn_gateway_id=attachment.vpn_gateway_id,
                    route_table_id=table_id,
                    opts=self._child,
                )
            return
        if static is not None:
            aws.ec2transitgateway.Route(
                name,
                destination_cidr_block=openstack_cidr,
                transit_gateway_attachment_id=static.transit_gateway_attachment_id,
                transit_gateway_route_table_id=attachment.route_table_id or "",
                opts=self._child,
            )
        for table, table_id in aws_end.route_tables.items():
            aws.ec2.Route(
                f"{name}-{table}",
                route_table_id=table_id,
                destination_cidr_block=openstack_cidr,
                transit_gateway_id=attachment.transit_gateway_id,
                # A route to a gateway that is not attached to the VPC is refused.
                opts=pulumi.ResourceOptions(parent=self, depends_on=list(attachment.resources)),
            )

    def _alarms(self, name: str, label: str, connection: aws.ec2.VpnConnection, tunnels: int) -> None:
        topics = self._settings.alarm_topics
        for number, end in enumerate(_ends(connection)[:tunnels], start=1):
            tunnel_down(
                f"{name}-tunnel-{number}",
                naming=self._naming,
                label=f"{label}-tunnel-{number}",
                address=end,
                topics=topics,
                opts=self._child,
            )
        connection_down(
            f"{name}-down",
            naming=self._naming,
            label=label,
            connection_id=connection.id,
            topics=topics,
            opts=self._child,
        )


def _ends(connection: aws.ec2.VpnConnection) -> tuple[pulumi.Output[str], pulumi.Output[str]]:
    return connection.tunnel1_address, connection.tunnel2_address


def _asn(number: int) -> dict[str, str]:
    """EC2 API reference, CreateCustomerGateway: numbers from 2,147,483,648 have a field of their own."""
    return {"bgp_asn" if number < 2**31 else "bgp_asn_extended": str(number)}


def _tunnel_options(tunnels: Sequence[AwsTunnel], logs: aws.cloudwatch.LogGroup | None) -> dict[str, Any]:
    options: dict[str, Any] = {}
    for number, tunnel in enumerate(tunnels, start=1):
        for option, value in asdict(tunnel).items():
            options[f"tunnel{number}_{option}"] = list(value) if isinstance(value, tuple) else value
        options[f"tunnel{number}_enable_tunnel_lifecycle_control"] = True
        if logs is not None:
            options[f"tunnel{number}_log_options"] = {
                "cloudwatch_log_options": {
                    "log_enabled": True,
                    "log_group_arn": logs.arn,
                    "log_output_format": "json",
                }
            }
    return options


__all__ = ["AwsLinkEnd", "Link"]
