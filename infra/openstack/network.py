"""The OpenStack network: one subnet, and a router to the outside."""

from __future__ import annotations

from collections.abc import Sequence

import pulumi
import pulumi_openstack as openstack

from infra.naming import Naming


class Network(pulumi.ComponentResource):
    """A network with port security, its subnet, and a router with SNAT to the external network.

    Nothing outside can start a connection to it: no machine gets a floating address here.
    """

    network_id: pulumi.Output[str]
    subnet: openstack.networking.Subnet
    subnet_id: pulumi.Output[str]
    router_id: pulumi.Output[str]
    external_network_id: pulumi.Output[str]

    def __init__(
        self,
        name: str,
        *,
        naming: Naming,
        cidr: str,
        dns: Sequence[str],
        external_network: str,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("isthmus:openstack:Network", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        outside = openstack.networking.get_network_output(
            name=external_network, external=True, opts=pulumi.InvokeOutputOptions(parent=self)
        )
        network = openstack.networking.Network(
            name,
            name=naming.name("private"),
            admin_state_up=True,
            port_security_enabled=True,
            tags=naming.tag_list,
            opts=child,
        )
        subnet = openstack.networking.Subnet(
            name,
            name=naming.name("private"),
            network_id=network.id,
            cidr=cidr,
            ip_version=4,
            enable_dhcp=True,
            dns_nameservers=list(dns) or None,
            tags=naming.tag_list,
            opts=child,
        )
        router = openstack.networking.Router(
            name,
            name=naming.name("private"),
            admin_state_up=True,
            external_network_id=outside.id,
            tags=naming.tag_list,
            # Neutron takes no gateway away from a router with a VPN service (neutron-vpnaas,
            # services/vpn/plugin.py, vpn_router_gateway_callback), so that goes first, with the router.
            opts=pulumi.ResourceOptions(
                parent=self, replace_on_changes=["externalNetworkId"], delete_before_replace=True
            ),
        )
        openstack.networking.RouterInterface(
            name,
            router_id=router.id,
            subnet_id=subnet.id,
            opts=child,
        )
        self.network_id = network.id
        self.subnet, self.subnet_id = subnet, subnet.id
        self.router_id = router.id
        self.external_network_id = outside.id
        self.register_outputs(
            {"networkId": self.network_id, "subnetId": self.subnet_id, "routerId": self.router_id}
        )


__all__ = ["Network"]
