"""Network policies of a namespace: nothing in, nothing out, and the little that its pods need.

Plain data, so that the tests can ask what is open without an engine.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network
from typing import Any

LINK_LOCAL = "169.254.0.0/16"
"""Where clouds keep their metadata services, which no pod may ask."""
POD_IDENTITY_AGENT = "169.254.170.23/32"
"""The one exception: EKS's Pod Identity agent (Amazon EKS user guide, "Pod Identity agent")."""


@dataclass(frozen=True)
class Destination:
    """Addresses that pods may reach, and on which ports."""

    cidrs: Sequence[str]
    ports: Sequence[int]
    beside: Sequence[str] = ()
    """Networks inside these that they may not."""


@dataclass(frozen=True)
class AllowedTraffic:
    """What the pods of a namespace may reach; ports are TCP. Who may reach a service, its component says."""

    ports: Sequence[int] = (443,)
    """Ports of object stores, databases and the token service, anywhere but link-local addresses."""
    destinations: Mapping[str, Destination] | None = None
    """By the name of a policy: these and nowhere else, in the place of ``ports``."""
    pod_identity: bool = False
    """Whether pods ask EKS's Pod Identity agent for credentials."""
    peers: bool = False
    """Whether the pods of the namespace may talk to each other, as the workers of a training must."""


def policies(allowed: AllowedTraffic) -> dict[str, Any]:
    """The ``spec`` of each policy by its name."""
    everyone: dict[str, Any] = {"podSelector": {}}
    specs: dict[str, Any] = {
        "deny-all": {**everyone, "policyTypes": ["Ingress", "Egress"]},
        "allow-dns": _egress(
            [
                {
                    "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}},
                    "podSelector": {"matchLabels": {"k8s-app": "kube-dns"}},
                }
            ],
            [("UDP", 53), ("TCP", 53)],
        ),
    }
    if allowed.destinations is None:
        specs["allow-https"] = _egress(
            [{"ipBlock": {"cidr": "0.0.0.0/0", "except": [LINK_LOCAL]}}],
            [("TCP", port) for port in sorted(set(allowed.ports))],
        )
    for name, destination in (allowed.destinations or {}).items():
        specs[name] = _egress(
            [_block(cidr, destination.beside) for cidr in destination.cidrs],
            [("TCP", port) for port in sorted(set(destination.ports))],
        )
    if allowed.pod_identity:
        specs["allow-pod-identity"] = _egress([{"ipBlock": {"cidr": POD_IDENTITY_AGENT}}], [("TCP", 80)])
    if allowed.peers:
        specs["allow-same-namespace"] = {
            **everyone,
            "policyTypes": ["Ingress", "Egress"],
            "ingress": [{"from": [{"podSelector": {}}]}],
            "egress": [{"to": [{"podSelector": {}}]}],
        }
    return specs


def _block(cidr: str, beside: Sequence[str]) -> dict[str, Any]:
    inside = [each for each in beside if IPv4Network(each).subnet_of(IPv4Network(cidr))]
    return {"ipBlock": {"cidr": cidr, **({"except": inside} if inside else {})}}


def _egress(to: list[dict[str, Any]], ports: list[tuple[str, int]]) -> dict[str, Any]:
    return {
        "podSelector": {},
        "policyTypes": ["Egress"],
        "egress": [{"to": to, "ports": [{"protocol": proto, "port": port} for proto, port in ports]}],
    }


__all__ = ["LINK_LOCAL", "POD_IDENTITY_AGENT", "AllowedTraffic", "Destination", "policies"]
