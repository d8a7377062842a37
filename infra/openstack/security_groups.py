"""What may reach the machines of the OpenStack network, from where."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_openstack as openstack

from infra.naming import Naming


@dataclass(frozen=True)
class Admission:
    """TCP ports that a network may reach, both ends included."""

    description: str
    first_port: int
    last_port: int
    cidr: str


class SecurityGroup(pulumi.ComponentResource):
    """A group that admits what ``admits`` lists and lets everything out; it never admits everyone.

    Neutron's default rules are dropped first, so that this list is the whole truth.
    """

    group_id: pulumi.Output[str]

    def __init__(
        self,
        name: str,
        *,
        naming: Naming,
        description: str,
        admits: dict[str, Admission],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("isthmus:openstack:SecurityGroup", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        # Neutron refuses a rule that is equal to one that is there, so the old one goes first.
        rule = pulumi.ResourceOptions(parent=self, delete_before_replace=True)
        group = openstack.networking.SecGroup(
            name,
            name=naming.name(name),
            description=description,
            delete_default_rules=True,
            tags=naming.tag_list,
            opts=child,
        )
        openstack.networking.SecGroupRule(
            f"{name}-out",
            description="Everything out",
            direction="egress",
            ethertype="IPv4",
            security_group_id=group.id,
            opts=rule,
        )
        for key, admission in admits.items():
            openstack.networking.SecGroupRule(
                f"{name}-{key}",
                description=admission.description,
                direction="ingress",
                ethertype="IPv4",
                protocol="tcp",
                port_range_min=admission.first_port,
                port_range_max=admission.last_port,
                remote_ip_prefix=admission.cidr,
                security_group_id=group.id,
                opts=rule,
            )
        self.group_id = group.id
        self.register_outputs({"groupId": self.group_id})


__all__ = ["Admission", "SecurityGroup"]
