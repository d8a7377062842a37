"""Where the two gateway servers stand in the private network, before there is any server."""

from __future__ import annotations

from collections.abc import Sequence

import pulumi
import pulumi_openstack as openstack

from infra.naming import Naming


class GatewayPorts(pulumi.ComponentResource):
    """A port and a floating address for each server, and a virtual address that is the way to AWS.

    Neutron drops what a port sends under an address that is not its own. The two ports may send as the
    virtual address and as AWS's network, and nothing else (Networking API v2.0, "allowed address pairs",
    https://docs.openstack.org/api-ref/network/v2/#allowed-address-pairs; the rehearsal's
    Neutron takes them so).
    """

    addresses: tuple[pulumi.Output[str], pulumi.Output[str]]
    outside: tuple[pulumi.Output[str], pulumi.Output[str]]
    """The floating addresses."""
    virtual: pulumi.Output[str]
    port_ids: tuple[pulumi.Output[str], pulumi.Output[str]]
    group_ids: tuple[pulumi.Output[str], pulumi.Output[str]]
    """The security groups, which the ends in AWS are let into when they are known."""

    def __init__(
        self,
        name: str,
        *,
        naming: Naming,
        network_id: pulumi.Input[str],
        subnet_id: pulumi.Input[str],
        router_id: pulumi.Input[str],
        external_network: str,
        private_cidr: str,
        aws_cidr: str,
        network: pulumi.Resource,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("isthmus:openstack:GatewayPorts", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        on_router = pulumi.ResourceOptions(parent=self, depends_on=[network])
        # A port could move to another subnet, but its floating address would keep the old one's way to the
        # router, and Neutron takes no interface from a router that a floating address needs.
        on_subnet = pulumi.ResourceOptions(parent=self, replace_on_changes=["fixedIps"])
        virtual = openstack.networking.Port(
            f"{name}-virtual",
            name=naming.name("link-virtual"),
            network_id=network_id,
            # It keeps the address; no machine ever hangs on it.
            admin_state_up=False,
            fixed_ips=[openstack.networking.PortFixedIpArgs(subnet_id=subnet_id)],
            tags=naming.tag_list,
            opts=on_subnet,
        )
        self.virtual = _address(virtual)
        openstack.networking.RouterRoute(
            name, router_id=router_id, destination_cidr=aws_cidr, next_hop=self.virtual, opts=on_router
        )
        ports, groups, floating = [], [], []
        for number in (1, 2):
            each = f"{name}-{number}"
            group = openstack.networking.SecGroup(
                each,
                name=naming.name(f"link-{number}"),
                description="IKE and ESP in UDP from AWS's ends, and what the private network sends there",
                delete_default_rules=True,
                tags=naming.tag_list,
                opts=child,
            )
            # Neutron refuses a rule that is equal to one that is there, so the old one goes first.
            rule = pulumi.ResourceOptions(parent=self, delete_before_replace=True)
            openstack.networking.SecGroupRule(
                f"{each}-out",
                description="Everything out",
                direction="egress",
                ethertype="IPv4",
                security_group_id=group.id,
                opts=rule,
            )
            openstack.networking.SecGroupRule(
                f"{each}-in",
                description="What the private network sends to AWS, and the other server",
                direction="ingress",
                ethertype="IPv4",
                remote_ip_prefix=private_cidr,
                security_group_id=group.id,
                opts=rule,
            )
            port = openstack.networking.Port(
                each,
                name=naming.name(f"link-{number}"),
                network_id=network_id,
                admin_state_up=True,
                port_security_enabled=True,
                fixed_ips=[openstack.networking.PortFixedIpArgs(subnet_id=subnet_id)],
                security_group_ids=[group.id],
                allowed_address_pairs=[
                    openstack.networking.PortAllowedAddressPairArgs(ip_address=address)
                    for address in (self.virtual, aws_cidr)
                ],
                tags=naming.tag_list,
                opts=on_subnet,
            )
            ports.append(port)
            groups.append(group.id)
            floating.append(
                openstack.networking.FloatingIp(
                    each,
                    pool=external_network,
                    description=naming.name(f"link-{number}"),
                    port_id=port.id,
                    tags=naming.tag_list,
                    opts=on_router,
                ).address
            )
        self.addresses = (_address(ports[0]), _address(ports[1]))
        self.outside = (floating[0], floating[1])
        self.port_ids = (ports[0].id, ports[1].id)
        self.group_ids = (groups[0], groups[1])
        self.register_outputs({"addresses": list(self.addresses), "outside": list(self.outside)})


def _address(port: openstack.networking.Port) -> pulumi.Output[str]:
    def first(addresses: Sequence[str]) -> str:
        return addresses[0]

    return port.all_fixed_ips.apply(first)


__all__ = ["GatewayPorts"]
