"""Who may reach Triton: callers that are marked as such, and the metrics collector."""

from __future__ import annotations

from collections.abc import Mapping

import pulumi_kubernetes as k8s

from serving.server.ports import GRPC, HTTP, METRICS, PROXY_METRICS

CALLER_LABEL = "isthmus.dev/calls-serving"
"""Namespaces with this label set to "true" may ask for recommendations."""
FRONT = {"app.kubernetes.io/component": "front"}
"""Pods of the service's own namespace that hand on questions from outside."""
COMPARISON = {"app.kubernetes.io/component": "comparison"}
"""Pods there that ask a canary and the stable release the same questions."""
MONITORING = {"kubernetes.io/metadata.name": "monitoring"}
"""The namespace that collects metrics."""

net, meta = k8s.networking.v1, k8s.meta.v1


def ingress_rules() -> list[k8s.networking.v1.NetworkPolicyIngressRuleArgs]:
    """Questions from the front and from marked namespaces, metrics to monitoring, and nothing else."""
    return [
        net.NetworkPolicyIngressRuleArgs(
            from_=[
                net.NetworkPolicyPeerArgs(pod_selector=_selector(FRONT)),
                net.NetworkPolicyPeerArgs(namespace_selector=_selector({CALLER_LABEL: "true"})),
            ],
            ports=_ports(HTTP, GRPC),
        ),
        net.NetworkPolicyIngressRuleArgs(
            from_=[net.NetworkPolicyPeerArgs(namespace_selector=_selector(MONITORING))],
            ports=_ports(METRICS, PROXY_METRICS),
        ),
    ]


def comparison_rules(
    servers: Mapping[str, str],
) -> tuple[k8s.networking.v1.NetworkPolicyIngressRuleArgs, k8s.networking.v1.NetworkPolicyEgressRuleArgs]:
    """What the comparison of a canary asks of the servers: let in at these, and out of its own pods."""
    return (
        net.NetworkPolicyIngressRuleArgs(
            from_=[net.NetworkPolicyPeerArgs(pod_selector=_selector(COMPARISON))], ports=_ports(GRPC)
        ),
        net.NetworkPolicyEgressRuleArgs(
            to=[net.NetworkPolicyPeerArgs(pod_selector=_selector(servers))], ports=_ports(GRPC)
        ),
    )


def _selector(labels: Mapping[str, str]) -> k8s.meta.v1.LabelSelectorArgs:
    return meta.LabelSelectorArgs(match_labels=dict(labels))


def _ports(*numbers: int) -> list[k8s.networking.v1.NetworkPolicyPortArgs]:
    return [net.NetworkPolicyPortArgs(protocol="TCP", port=number) for number in numbers]
