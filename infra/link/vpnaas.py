"""The private half by Neutron VPNaaS: one tunnel, by static routes, and not redundant.

Two connections with the same networks share one kernel policy, so that which tunnel a packet takes is chance,
and after an outage only the one that has gone silent is dialled (seen with strongSwan 5.9.8 and Neutron's own
template, 2026-11). So there is one.
"""

from __future__ import annotations

from typing import Any

import pulumi
import pulumi_aws as aws
import pulumi_openstack as openstack

from infra.link.vocabulary import NeutronPolicy, NeutronTunnel
from infra.naming import Naming


def connect(
    name: str,
    *,
    naming: Naming,
    options: NeutronTunnel,
    connection: aws.ec2.VpnConnection,
    key: pulumi.Output[str],
    service: openstack.vpnaas.Service,
    subnet_id: pulumi.Input[str],
    aws_cidr: str,
    parent: pulumi.Resource,
) -> None:
    """Declare the policies, the networks and the connection to the first of AWS's two ends."""
    # Neutron changes no policy in use (neutron-vpnaas, db/vpn/vpn_db.py, IKEPolicyInUse): a new one is
    # made, the connection is made again with it, and the old one goes.
    policy = pulumi.ResourceOptions(parent=parent, replace_on_changes=["*"], delete_before_replace=False)
    # Endpoint groups do not change in use either, but a connection can be given another one for its peer.
    group = pulumi.ResourceOptions(parent=parent, delete_before_replace=False)
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
        lifetimes=[openstack.vpnaas.IpSecPolicyLifetimeArgs(units="seconds", value=options.ipsec.lifetime)],
        **_proposal(options.ipsec),
        opts=policy,
    )
    local = openstack.vpnaas.EndpointGroup(
        f"{name}-local", name=naming.name("link-local"), type="subnet", endpoints=[subnet_id], opts=group
    )
    peer = openstack.vpnaas.EndpointGroup(
        f"{name}-peer", name=naming.name("link-peer"), type="cidr", endpoints=[aws_cidr], opts=group
    )
    kept: pulumi.Output[str] = pulumi.Output.secret(key)
    openstack.vpnaas.SiteConnection(
        f"{name}-1",
        name=naming.name("link-1"),
        vpnservice_id=service.id,
        ikepolicy_id=ike.id,
        ipsecpolicy_id=ipsec.id,
        local_ep_group_id=local.id,
        peer_ep_group_id=peer.id,
        peer_address=connection.tunnel1_address,
        peer_id=connection.tunnel1_address,
        psk=kept,
        dpds=[
            openstack.vpnaas.SiteConnectionDpdArgs(
                action=options.dpd_action, interval=options.dpd_interval, timeout=options.dpd_timeout
            )
        ],
        # A subnet that a connection uses cannot leave its router, so the connection goes with it.
        opts=pulumi.ResourceOptions(parent=parent, replace_on_changes=["localEpGroupId"]),
    )


def _proposal(policy: NeutronPolicy) -> dict[str, Any]:
    return {
        "auth_algorithm": policy.auth_algorithm,
        "encryption_algorithm": policy.encryption_algorithm,
        "pfs": policy.pfs,
    }


__all__ = ["connect"]
