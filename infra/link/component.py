"""The link: an IPsec VPN of two tunnels, with both of its halves in one component."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import pulumi
import pulumi_aws as aws
import pulumi_openstack as openstack

from infra.aws.site import AwsSite
from infra.link.aws_gateway import Attachment, attach
from infra.link.vocabulary import Halves, NeutronPolicy, halves
from infra.naming import Naming
from infra.openstack.site import OpenStackSite
from infra.settings.aws import AwsSettings
from infra.settings.link import LinkSettings
from infra.settings.openstack import OpenStackSettings


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


@dataclass(frozen=True)
class OpenStackLinkEnd:
    """What the link joins in OpenStack."""

    router_id: pulumi.Input[str]
    subnet_id: pulumi.Input[str]
    cidr: str
    network: pulumi.Resource
    """What must stand before the VPN: the subnet has to hang on the router."""

    @classmethod
    def of(cls, site: OpenStackSite, settings: OpenStackSettings) -> OpenStackLinkEnd:
        """The OpenStack site's end."""
        return cls(
            router_id=site.network.router_id,
            subnet_id=site.network.subnet_id,
            cidr=str(settings.network.cidr),
            network=site.network,
        )


class Link(pulumi.ComponentResource):
    """Two tunnels between the sites, every option of both halves translated from ``settings``.

    AWS makes the pre-shared keys and they go to the other half as secret outputs: no one types, sees or
    keeps them. ``opts.providers`` must hold both clouds' providers.
    """

    connection_id: pulumi.Output[str]
    aws_addresses: list[pulumi.Output[str]]
    """Outside addresses of AWS's two tunnel ends."""
    openstack_address: pulumi.Output[str]
    """Outside address of OpenStack's gateway."""

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
        both = halves(settings)
        service = openstack.vpnaas.Service(
            name,
            name=naming.name("link"),
            description="The private half of the link",
            router_id=openstack_end.router_id,
            opts=pulumi.ResourceOptions(parent=self, depends_on=[openstack_end.network]),
        )
        self.openstack_address = (
            pulumi.Output.from_input(str(settings.gateway_address))
            if settings.gateway_address
            else service.external_v4_ip
        )
        connection = self._aws_half(name, naming, settings, both, aws_end, openstack_end.cidr)
        self._openstack_half(name, naming, both, connection, service, aws_end.cidr, openstack_end)
        self.connection_id = connection.id
        self.aws_addresses = [connection.tunnel1_address, connection.tunnel2_address]
        self.register_outputs(
            {
                "connectionId": self.connection_id,
                "awsAddresses": self.aws_addresses,
                "privateAddress": self.openstack_address,
            }
        )

    def _aws_half(
        self,
        name: str,
        naming: Naming,
        settings: LinkSettings,
        both: Halves,
        aws_end: AwsLinkEnd,
        openstack_cidr: str,
    ) -> aws.ec2.VpnConnection:
        customer = aws.ec2.CustomerGateway(
            name,
            type="ipsec.1",
            ip_address=self.openstack_address,
            **_asn(settings.asn),
            tags={"Name": naming.name("link")},
            opts=self._child,
        )
        attachment = attach(
            name,
            kind=settings.gateway,
            asn=settings.aws_asn,
            vpc_id=aws_end.vpc_id,
            subnet_ids=aws_end.subnet_ids,
            tag=naming.name("link"),
            opts=self._child,
        )
        logs = None
        if settings.logs:
            logs = aws.cloudwatch.LogGroup(
                name,
                # Groups under this prefix need no resource policy of their own for delivery.
                name=f"/aws/vendedlogs/{naming.name('link')}",
                retention_in_days=aws_end.log_retention_days,
                kms_key_id=aws_end.log_key_arn,
                opts=self._child,
            )
        connection = aws.ec2.VpnConnection(
            name,
            type="ipsec.1",
            customer_gateway_id=customer.id,
            vpn_gateway_id=attachment.vpn_gateway_id,
            transit_gateway_id=attachment.transit_gateway_id,
            static_routes_only=True,
            local_ipv4_network_cidr=openstack_cidr,
            remote_ipv4_network_cidr=aws_end.cidr,
            **_tunnel_options(both, logs),
            tags={"Name": naming.name("link")},
            opts=pulumi.ResourceOptions(
                parent=self, additional_secret_outputs=["tunnel1PresharedKey", "tunnel2PresharedKey"]
            ),
        )
        self._routes(name, attachment, connection, aws_end, openstack_cidr)
        return connection

    def _routes(
        self,
        name: str,
        attachment: Attachment,
        connection: aws.ec2.VpnConnection,
        aws_end: AwsLinkEnd,
        openstack_cidr: str,
    ) -> None:
        if attachment.vpn_gateway_id is not None:
            aws.ec2.VpnConnectionRoute(
                name,
                vpn_connection_id=connection.id,
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
        aws.ec2transitgateway.Route(
            name,
            destination_cidr_block=openstack_cidr,
            transit_gateway_attachment_id=connection.transit_gateway_attachment_id,
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

    def _openstack_half(
        self,
        name: str,
        naming: Naming,
        both: Halves,
        connection: aws.ec2.VpnConnection,
        service: openstack.vpnaas.Service,
        aws_cidr: str,
        openstack_end: OpenStackLinkEnd,
    ) -> None:
        options = both.neutron
        # Neutron changes no policy in use (neutron-vpnaas, db/vpn/vpn_db.py, IKEPolicyInUse): a new one is
        # made, both connections are made again with it, and the old one goes.
        policy = pulumi.ResourceOptions(parent=self, replace_on_changes=["*"], delete_before_replace=False)
        # Endpoint groups do not change in use either, but a connection can be given another one for its peer.
        group = pulumi.ResourceOptions(parent=self, delete_before_replace=False)
        ike = openstack.vpnaas.IkePolicy(
            name,
            name=naming.name("link"),
            ike_version=options.ike_version,
            phase1_negotiation_mode="main",
            lifetimes=[openstack.vpnaas.IkePolicyLifetimeArgs(units="seconds", value=options.ike.lifetime)],
            **_proposal(options.ike),
            opts=policy,
        )
        ipsec = openstack.vpnaas.IpSecPolicy(
            name,
            name=naming.name("link"),
            transform_protocol="esp",
            encapsulation_mode="tunnel",
            lifetimes=[
                openstack.vpnaas.IpSecPolicyLifetimeArgs(units="seconds", value=options.ipsec.lifetime)
            ],
            **_proposal(options.ipsec),
            opts=policy,
        )
        local = openstack.vpnaas.EndpointGroup(
            f"{name}-local",
            name=naming.name("link-local"),
            type="subnet",
            endpoints=[openstack_end.subnet_id],
            opts=group,
        )
        peer = openstack.vpnaas.EndpointGroup(
            f"{name}-peer",
            name=naming.name("link-peer"),
            type="cidr",
            endpoints=[aws_cidr],
            opts=group,
        )
        ends: tuple[tuple[pulumi.Output[str], pulumi.Output[str]], ...] = (
            (connection.tunnel1_address, pulumi.Output.secret(connection.tunnel1_preshared_key)),
            (connection.tunnel2_address, pulumi.Output.secret(connection.tunnel2_preshared_key)),
        )
        for number, (address, key) in enumerate(ends, start=1):
            openstack.vpnaas.SiteConnection(
                f"{name}-{number}",
                name=naming.name(f"link-{number}"),
                vpnservice_id=service.id,
                ikepolicy_id=ike.id,
                ipsecpolicy_id=ipsec.id,
                local_ep_group_id=local.id,
                peer_ep_group_id=peer.id,
                peer_address=address,
                peer_id=address,
                psk=key,
                initiator=options.initiator,
                mtu=options.mtu,
                dpds=[
                    openstack.vpnaas.SiteConnectionDpdArgs(
                        action=options.dpd_action, interval=options.dpd_interval, timeout=options.dpd_timeout
                    )
                ],
                # A subnet that a connection uses cannot leave its router, so the connection goes with it.
                opts=pulumi.ResourceOptions(parent=self, replace_on_changes=["localEpGroupId"]),
            )


def _proposal(policy: NeutronPolicy) -> dict[str, Any]:
    return {
        "auth_algorithm": policy.auth_algorithm,
        "encryption_algorithm": policy.encryption_algorithm,
        "pfs": policy.pfs,
    }


def _asn(number: int) -> dict[str, str]:
    """EC2 API reference, CreateCustomerGateway: numbers from 2,147,483,648 have a field of their own."""
    return {"bgp_asn" if number < 2**31 else "bgp_asn_extended": str(number)}


def _tunnel_options(both: Halves, logs: aws.cloudwatch.LogGroup | None) -> dict[str, Any]:
    options: dict[str, Any] = {}
    for number, tunnel in enumerate(both.aws, start=1):
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


__all__ = ["AwsLinkEnd", "Link", "OpenStackLinkEnd"]
