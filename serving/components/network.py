"""Who may reach Triton: callers that are marked as such, and the metrics collector."""

from __future__ import annotations

import pulumi_kubernetes as k8s

from serving.server.ports import GRPC, HTTP, METRICS, PROXY_METRICS

CALLER_LABEL = "isthmus.dev/calls-serving"
"""Namespaces with this label set to "true" may ask for recommendations."""
FRONT = {"app.kubernetes.io/component": "front"}
"""Pods of the service's own namespace that hand on questions from outside."""
MONITORING = {"kubernetes.io/metadata.name": "monitoring"}
"""The namespace that collects metrics."""

net, meta = k8s.networking.v1, k8s.meta.v1


def ingress_rules() -> list[k8s.networking.v1.NetworkPolicyIngressRuleArgs]:
    """Questions from the front and from marked namespaces, metrics to monitoring, and nothing else."""

    def selector(labels: dict[str, str]) -> k8s.meta.v1.LabelSelectorArgs:
        return meta.LabelSelectorArgs(match_labels=labels)

    def ports(*numbers: int) -> list[k8s.networking.v1.NetworkPolicyPortArgs]:
        return [net.NetworkPolicyPortArgs(protocol="TCP", port=number) for number in numbers]

    return [
        net.NetworkPolicyIngressRuleArgs(
            from_=[
                net.NetworkPolicyPeerArgs(pod_selector=selector(FRONT)),
                net.NetworkPolicyPeerArgs(namespace_selector=selector({CALLER_LABEL: "true"})),
            ],
            ports=ports(HTTP, GRPC),
        ),
        net.NetworkPolicyIngressRuleArgs(
            from_=[net.NetworkPolicyPeerArgs(namespace_selector=selector(MONITORING))],
            ports=ports(METRICS, PROXY_METRICS),
        ),
    ]
