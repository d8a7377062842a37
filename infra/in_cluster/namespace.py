"""A namespace that is closed before the first pod comes: security level, quota, limits, network policies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_kubernetes as k8s

from infra.gpu_pool import GPU_RESOURCE
from infra.in_cluster.network_policies import AllowedTraffic, policies
from infra.naming import LABEL_DOMAIN
from infra.pins import KUBERNETES_VERSION
from isthmus.pod_parts import amount, mebibytes

POD_SECURITY = "restricted"
CLUSTER_ANNOTATION = f"{LABEL_DOMAIN}/cluster"
MODES = ("enforce", "audit", "warn")


@dataclass(frozen=True)
class Quota:
    """The most that a namespace's pods may ask for together."""

    cpus: int
    memory_gib: int
    gpus: int
    pods: int
    load_balancers: int = 0
    """Services of that type, each of which may take a port of the nodes as well."""

    def hard(self) -> dict[str, str]:
        """As a ResourceQuota writes it."""
        return {
            "requests.cpu": amount(self.cpus),
            "requests.memory": mebibytes(1024 * self.memory_gib),
            f"requests.{GPU_RESOURCE}": amount(self.gpus),
            "pods": amount(self.pods),
            # Nothing else here may open itself to what is outside the cluster.
            "services.loadbalancers": str(self.load_balancers),
            "services.nodeports": str(self.load_balancers),
        }


class Namespace(pulumi.ComponentResource):
    """A namespace at Pod Security level ``restricted`` that denies all traffic but what is ``allowed``.

    ``opts.provider`` is the cluster's Kubernetes provider.
    """

    namespace: pulumi.Output[str]
    """Its name, known once quota, limits and policies stand, so that no pod starts before them."""

    def __init__(
        self,
        name: str,
        *,
        namespace: str,
        quota: Quota,
        allowed: AllowedTraffic,
        labels: Mapping[str, str],
        cluster_id: pulumi.Input[str],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("isthmus:in-cluster:Namespace", name, None, opts)
        levels = {f"pod-security.kubernetes.io/{mode}": POD_SECURITY for mode in MODES}
        versions = {f"pod-security.kubernetes.io/{mode}-version": f"v{KUBERNETES_VERSION}" for mode in MODES}
        created = k8s.core.v1.Namespace(
            name,
            metadata=k8s.meta.v1.ObjectMetaArgs(
                name=namespace,
                labels={**labels, **levels, **versions},
                # By this value the engine knows, before it deletes a cluster, which provider leads into it.
                annotations={CLUSTER_ANNOTATION: cluster_id},
            ),
            opts=pulumi.ResourceOptions(parent=self, delete_before_replace=True),
        )
        inside = created.metadata.name
        child = pulumi.ResourceOptions(parent=self, delete_before_replace=True)
        guards: list[pulumi.Resource] = [
            k8s.core.v1.ResourceQuota(
                name,
                metadata=k8s.meta.v1.ObjectMetaArgs(name="quota", namespace=inside, labels=dict(labels)),
                spec=k8s.core.v1.ResourceQuotaSpecArgs(hard=quota.hard()),
                opts=child,
            ),
            k8s.core.v1.LimitRange(
                name,
                metadata=k8s.meta.v1.ObjectMetaArgs(name="limits", namespace=inside, labels=dict(labels)),
                spec=k8s.core.v1.LimitRangeSpecArgs(
                    limits=[
                        k8s.core.v1.LimitRangeItemArgs(
                            type="Container",
                            default_request={"cpu": "100m", "memory": "256Mi"},
                            default={"memory": "1Gi"},
                        )
                    ]
                ),
                opts=child,
            ),
            *[
                k8s.networking.v1.NetworkPolicy(
                    f"{name}-{policy}",
                    metadata=k8s.meta.v1.ObjectMetaArgs(name=policy, namespace=inside, labels=dict(labels)),
                    spec=spec,
                    opts=child,
                )
                for policy, spec in policies(allowed).items()
            ],
        ]
        self.namespace = pulumi.Output.all(inside, *[guard.urn for guard in guards]).apply(
            lambda known: str(known[0])
        )
        self.register_outputs({"namespace": self.namespace})


__all__ = ["Namespace", "Quota"]
