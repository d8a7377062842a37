"""The two gateway servers of the link."""

from __future__ import annotations

from collections.abc import Sequence

import pulumi
import pulumi_openstack as openstack

from infra.naming import Naming
from infra.openstack.gateway_ports import GatewayPorts

IKE_PORTS = (500, 4500)
"""IKE, and IKE with ESP in UDP: a floating address is a NAT, so ESP never comes as a protocol of its own
(RFC 3947 and RFC 3948)."""


class GatewayServers(pulumi.ComponentResource):
    """Two servers that never stand on one host, each on its port.

    Changed user data is another server (ForceNew in the provider), and a port takes one server at a time, so
    the old one goes first; the second waits for the first.
    """

    server_ids: tuple[pulumi.Output[str], pulumi.Output[str]]

    def __init__(
        self,
        name: str,
        *,
        naming: Naming,
        image: str,
        flavor: str,
        ports: GatewayPorts,
        user_data: Sequence[pulumi.Output[str]],
        aws_ends: Sequence[Sequence[pulumi.Input[str]]],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declare the servers; ``user_data`` and AWS's outside addresses are those of each."""
        super().__init__("isthmus:openstack:GatewayServers", name, None, opts)
        apart = openstack.compute.ServerGroup(
            name,
            name=naming.name("link"),
            policies="anti-affinity",
            opts=pulumi.ResourceOptions(parent=self),
        )
        servers: list[openstack.compute.Instance] = []
        for index, (text, ends) in enumerate(zip(user_data, aws_ends, strict=True)):
            each = f"{name}-{index + 1}"
            self._admit(each, ports.group_ids[index], ends)
            kept: pulumi.Output[str] = pulumi.Output.secret(text)
            servers.append(
                openstack.compute.Instance(
                    each,
                    name=naming.name(f"link-{index + 1}"),
                    metadata=naming.tags,
                    image_name=image,
                    flavor_name=flavor,
                    networks=[openstack.compute.InstanceNetworkArgs(port=ports.port_ids[index])],
                    scheduler_hints=[openstack.compute.InstanceSchedulerHintArgs(group=apart.id)],
                    config_drive=True,
                    user_data=kept,
                    opts=pulumi.ResourceOptions(
                        parent=self, delete_before_replace=True, depends_on=servers[-1:]
                    ),
                )
            )
        self.server_ids = (servers[0].id, servers[1].id)
        self.register_outputs({"serverIds": list(self.server_ids)})

    def _admit(self, name: str, group_id: pulumi.Input[str], ends: Sequence[pulumi.Input[str]]) -> None:
        for number, end in enumerate(ends, start=1):
            for port in IKE_PORTS:
                openstack.networking.SecGroupRule(
                    f"{name}-aws-{number}-{port}",
                    description="An end of the link in AWS",
                    direction="ingress",
                    ethertype="IPv4",
                    protocol="udp",
                    port_range_min=port,
                    port_range_max=port,
                    remote_ip_prefix=pulumi.Output.concat(end, "/32"),
                    security_group_id=group_id,
                    opts=pulumi.ResourceOptions(parent=self, delete_before_replace=True),
                )


__all__ = ["IKE_PORTS", "GatewayServers"]
