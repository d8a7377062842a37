"""Everything that the estate's project has in the running services, by the ids that a state knows it by."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from rehearsal.openstack_services.session import Session
from rehearsal.plugins.openstack.services.magnum import MAGNUM
from rehearsal.plugins.openstack.services.storage import SWIFT

_OF_NEUTRON: Final = (
    "networks", "subnets", "routers", "floatingips", "vpn/ikepolicies", "vpn/ipsecpolicies",
    "vpn/vpnservices", "vpn/endpoint-groups", "vpn/ipsec-site-connections",
)  # fmt: skip
_DEFAULT: Final = "default"
"""Neutron makes a security group of this name for every project."""


def held(session: Session) -> set[str]:
    """The ids of it all, without what the services make themselves."""
    own = {"project_id": session.project_id}
    found = {one["id"] for kind in _OF_NEUTRON for one in _neutron(session, kind, own)}
    for group in _neutron(session, "security-groups", own):
        if group["name"] != _DEFAULT:
            found |= {group["id"], *(rule["id"] for rule in group["security_group_rules"])}
    found |= {port["id"] for port in _neutron(session, "ports", own) if not _is_neutrons(port)}
    for router in _neutron(session, "routers", own):
        found |= {
            f"{router['id']}-route-{route['destination']}-{route['nexthop']}" for route in router["routes"]
        }
    found |= {one["uuid"] for one in session.get(MAGNUM, "/clustertemplates")["clustertemplates"]}
    for cluster in session.get(MAGNUM, "/clusters")["clusters"]:
        groups = session.get(MAGNUM, f"/clusters/{cluster['uuid']}/nodegroups")["nodegroups"]
        found |= {
            cluster["uuid"],
            *(f"{cluster['uuid']}/{one['uuid']}" for one in groups if not one["is_default"]),
        }
    found |= {one["id"] for one in session.get("compute", "/servers")["servers"]}
    found |= {one["id"] for one in session.get("compute", "/os-server-groups")["server_groups"]}
    found |= {one["keypair"]["name"] for one in session.get("compute", "/os-keypairs")["keypairs"]}
    return found | {one["name"] for one in session.get(SWIFT, "/", params={"format": "json"})}


def _is_neutrons(port: dict[str, Any]) -> bool:
    """Whether Neutron made a port for itself, as for DHCP; an interface of a router is the estate's."""
    owner = str(port["device_owner"])
    return owner.startswith("network:") and owner != "network:router_interface"


def _neutron(session: Session, kind: str, asked: dict[str, Any]) -> Iterator[dict[str, Any]]:
    answer = session.get("network", f"/v2.0/{kind}", params=asked)
    yield from next(value for value in answer.values() if isinstance(value, list))


__all__ = ["held"]
