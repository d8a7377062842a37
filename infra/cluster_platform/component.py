"""``Platform``: what one cluster runs beside the estate's own pods."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import pulumi
import pulumi_kubernetes as k8s

from infra.chart_pins import charts
from infra.cluster_platform.parts import MONITORING, PLATFORM, SYSTEM, Use
from infra.in_cluster.namespace import Namespace, Quota
from infra.in_cluster.network_policies import AllowedTraffic

TIMEOUT_SECONDS: Final = 900
"""How long Helm waits for what a chart makes: the first nodes pull its images."""
ROOM: Final = Quota(cpus=16, memory_gib=48, gpus=0, pods=60)
"""What the pods of a namespace of the platform may ask for together."""
API_PORTS: Final = (443, 6443)
"""Of API servers, which controllers watch: EKS's answers at 443, Magnum's at 6443."""
WEBHOOKS: Final = (6443, 9443, 10250)
"""Where the API server asks webhooks and the metrics of KEDA: ports of the charts' own services' targets."""


class Platform(pulumi.ComponentResource):
    """Charts in one cluster, each released after the one before it: a later one may use its kinds.

    Each that is not for the system goes into a closed namespace. Helm applies the definitions of a chart's
    kinds before the rest of it and waits until all that it makes is ready, so what depends on this component
    may use them (https://helm.sh/docs/chart_best_practices/custom_resource_definitions, method 1;
    2026-11-28).
    """

    releases: Mapping[str, k8s.helm.v3.Release]
    """By the chart's name."""

    def __init__(
        self,
        name: str,
        *,
        uses: Sequence[Use],
        network: str,
        cluster_id: pulumi.Input[str],
        labels: Mapping[str, str],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declare them.

        Args:
            name: of the component.
            uses: charts in their order.
            network: CIDR of the nodes and of the API server's own addresses.
            cluster_id: of the cluster, as namespaces tell it.
            labels: of every object of ours.
            opts: with the Kubernetes provider of the cluster.
        """
        super().__init__("isthmus:platform:Platform", name, None, opts)
        inside: dict[str, pulumi.Input[str]] = {SYSTEM: SYSTEM}
        for namespace in dict.fromkeys(use.namespace for use in uses):
            if namespace != SYSTEM:
                inside[namespace] = self._namespace(name, namespace, network, cluster_id, labels)
        released: dict[str, k8s.helm.v3.Release] = {}
        for use in uses:
            chart = charts()[use.chart]
            released[use.chart] = k8s.helm.v3.Release(
                f"{name}-{use.chart}",
                name=use.chart,
                chart=chart.reference,
                version=chart.version,
                repository_opts=None
                if chart.is_oci
                else k8s.helm.v3.RepositoryOptsArgs(repo=chart.repository),
                namespace=inside[use.namespace],
                create_namespace=False,
                values=dict(use.values),
                timeout=TIMEOUT_SECONDS,
                # What did not become ready is taken back, so that the next up finds no half of it.
                atomic=True,
                opts=pulumi.ResourceOptions(
                    parent=self, depends_on=list(released.values())[-1:], delete_before_replace=True
                ),
            )
        self.releases = released
        self.register_outputs({})

    def _namespace(
        self,
        name: str,
        namespace: str,
        network: str,
        cluster_id: pulumi.Input[str],
        labels: Mapping[str, str],
    ) -> pulumi.Output[str]:
        closed = Namespace(
            f"{name}-{namespace}",
            namespace=namespace,
            quota=ROOM,
            allowed=AllowedTraffic(ports=API_PORTS, peers=True),
            labels=labels,
            cluster_id=cluster_id,
            opts=pulumi.ResourceOptions(parent=self),
        )
        net = k8s.networking.v1
        nodes = [net.NetworkPolicyPeerArgs(ip_block=net.IPBlockArgs(cidr=network))]
        asked = []
        if namespace == MONITORING:
            # KEDA asks Prometheus what is going on.
            of_keda = k8s.meta.v1.LabelSelectorArgs(match_labels={"kubernetes.io/metadata.name": PLATFORM})
            asked = [
                net.NetworkPolicyIngressRuleArgs(
                    from_=[net.NetworkPolicyPeerArgs(namespace_selector=of_keda)],
                    ports=[net.NetworkPolicyPortArgs(protocol="TCP", port=9090)],
                )
            ]
        everyone = net.NetworkPolicyPeerArgs(namespace_selector=k8s.meta.v1.LabelSelectorArgs())
        k8s.networking.v1.NetworkPolicy(
            f"{name}-{namespace}-platform",
            metadata=k8s.meta.v1.ObjectMetaArgs(name="platform", namespace=namespace, labels=dict(labels)),
            spec=net.NetworkPolicySpecArgs(
                pod_selector=k8s.meta.v1.LabelSelectorArgs(),
                policy_types=["Ingress", "Egress"],
                # The API server asks webhooks; it and the kubelets' probes come from the nodes' network.
                ingress=[
                    net.NetworkPolicyIngressRuleArgs(
                        from_=nodes,
                        ports=[net.NetworkPolicyPortArgs(protocol="TCP", port=port) for port in WEBHOOKS],
                    ),
                    *asked,
                ],
                # Metrics are fetched from pods everywhere, and from kubelets.
                egress=[
                    net.NetworkPolicyEgressRuleArgs(to=[everyone]),
                    net.NetworkPolicyEgressRuleArgs(
                        to=nodes, ports=[net.NetworkPolicyPortArgs(protocol="TCP", port=10250)]
                    ),
                ],
            ),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[closed], delete_before_replace=True),
        )
        return closed.namespace


__all__ = ["Platform"]
