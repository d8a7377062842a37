"""``KarpenterPool``: GPU nodes of one kind that Karpenter buys when pods wait for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import pulumi
import pulumi_kubernetes as k8s

from infra.aws.bought_nodes import CAPACITIES
from infra.gpu_pool import GPU_RESOURCE, GPU_TAINT, Capacity, GpuPoolSpec, Purpose
from infra.pins import KARPENTER_NODE_IMAGE
from infra.settings.catalogue import Machine

_CLASS_GROUP: Final = "karpenter.k8s.aws"
CAPACITY_TYPES: Final[Mapping[Capacity, str]] = {"spot": "spot", "on_demand": "on-demand"}
"""How we call a way to buy, and how Karpenter does."""
WEIGHTS: Final = (20, 10)
"""Of a pool's ways to buy, the cheaper first: the heavier NodePool is taken as long as it has machines."""
DISRUPTION: Final[Mapping[Purpose, Mapping[str, Any]]] = {
    # A training that is moved loses what it learned since its checkpoint. Its node stays as long as it works,
    # whatever its age and image are, and goes five minutes later.
    "training": {
        "consolidationPolicy": "WhenEmpty",
        "consolidateAfter": "5m",
        "budgets": [{"nodes": "0", "reasons": ["Drifted", "Underutilized"]}],
    },
    # A pod takes its node whole and all nodes of a pool are alike: nothing cheaper is there to move to.
    "serving": {
        "consolidationPolicy": "WhenEmpty",
        "consolidateAfter": "5m",
        "budgets": [{"nodes": "100%", "reasons": ["Empty"]}, {"nodes": "1", "reasons": ["Drifted"]}],
    },
}
"""What Karpenter may end, when, and how many at a time (
aws/karpenter-provider-aws@v1.14.1, website/content/en/docs/concepts/disruption.md; read 2026-11-28)."""
AGES: Final[Mapping[Purpose, Mapping[str, str]]] = {
    "training": {"expireAfter": "Never"},
    # Drained for an hour at most: else a pod that cannot leave keeps its node for ever (the same page).
    "serving": {"expireAfter": "720h", "terminationGracePeriod": "1h"},
}
UNDISTURBED: Final = "karpenter.sh/do-not-disrupt"
"""On a pod, with the value "true": its node is ended by no choice of Karpenter's (the same page)."""


class KarpenterPool(pulumi.ComponentResource):
    """An EC2NodeClass, what a node is like, and a NodePool for each way to buy it: how many and for whom.

    Nodes have the labels and the taint of any pool, encrypted disks, and metadata that no pod can reach. The
    limits of a NodePool are those of ``spec.max`` nodes, in nodes, GPUs, CPUs and memory.
    """

    def __init__(
        self,
        name: str,
        *,
        spec: GpuPoolSpec,
        machine: Machine,
        capacity: str,
        disk_gib: int,
        cluster: str,
        instance_profile: pulumi.Input[str],
        subnet_ids: Sequence[pulumi.Input[str]],
        labels: Mapping[str, str],
        tags: Mapping[str, str],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declare it.

        Args:
            name: of the component.
            spec: of the pool.
            machine: that ``spec.hardware`` names.
            capacity: of the settings, a key of ``CAPACITIES``.
            disk_gib: of each node's root disk, GiB.
            cluster: name of the cluster.
            instance_profile: of the nodes.
            subnet_ids: where they are.
            labels: of the objects.
            tags: of machines and disks.
            opts: with the cluster's provider, after the charts of Karpenter.
        """
        super().__init__("isthmus:platform:KarpenterPool", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        node_class = k8s.apiextensions.CustomResource(
            f"{name}-class",
            api_version=f"{_CLASS_GROUP}/v1",
            kind="EC2NodeClass",
            metadata=k8s.meta.v1.ObjectMetaArgs(name=spec.name, labels=dict(labels)),
            spec={
                "amiSelectorTerms": [{"alias": KARPENTER_NODE_IMAGE}],
                "instanceProfile": instance_profile,
                "subnetSelectorTerms": [{"id": id} for id in subnet_ids],
                # EKS's own group of the cluster, by the tag that it alone can set.
                # The group that EKS makes for a cluster and tags so (from memory).
                "securityGroupSelectorTerms": [{"tags": {"aws:eks:cluster-name": cluster}}],
                "metadataOptions": {
                    "httpEndpoint": "enabled",
                    "httpTokens": "required",
                    "httpPutResponseHopLimit": 1,
                },
                "blockDeviceMappings": [
                    {
                        "deviceName": "/dev/xvda",
                        "ebs": {
                            "volumeSize": f"{disk_gib}Gi",
                            "volumeType": "gp3",
                            "encrypted": True,
                            "deleteOnTermination": True,
                        },
                    }
                ],
                "tags": {**tags, "Name": name, "pool": name},
            },
            opts=child,
        )
        bought = CAPACITIES[capacity]
        for index, kind in enumerate(bought):
            way = f"-{CAPACITY_TYPES[kind]}" if len(bought) > 1 else ""
            k8s.apiextensions.CustomResource(
                f"{name}{way}",
                api_version="karpenter.sh/v1",
                kind="NodePool",
                metadata=k8s.meta.v1.ObjectMetaArgs(name=f"{spec.name}{way}", labels=dict(labels)),
                spec={
                    **({"weight": WEIGHTS[index]} if way else {}),
                    "template": _template(spec, kind, machine),
                    "disruption": DISRUPTION[spec.purpose],
                    "limits": _limits(spec.max, machine),
                },
                # Its nodes are of the class: it goes first, and waits until they are gone.
                opts=pulumi.ResourceOptions(parent=self, depends_on=[node_class]),
            )
        self.register_outputs({})


def _template(spec: GpuPoolSpec, kind: Capacity, machine: Machine) -> dict[str, Any]:
    key, value, effect = GPU_TAINT

    def one_of(label: str, *choices: str) -> dict[str, Any]:
        return {"key": label, "operator": "In", "values": list(choices)}

    return {
        "metadata": {"labels": spec.labels(kind)},
        "spec": {
            "nodeClassRef": {"group": _CLASS_GROUP, "kind": "EC2NodeClass", "name": spec.name},
            "taints": [{"key": key, "value": value, "effect": effect}],
            "requirements": [
                one_of("node.kubernetes.io/instance-type", spec.hardware),
                one_of("kubernetes.io/arch", "arm64" if machine.arch == "arm64" else "amd64"),
                one_of("kubernetes.io/os", "linux"),
                one_of("karpenter.sh/capacity-type", CAPACITY_TYPES[kind]),
            ],
            **AGES[spec.purpose],
        },
    }


def _limits(nodes: int, machine: Machine) -> dict[str, str]:
    """So many nodes of a machine, in all that can be counted (concepts/nodepools.md, "spec.limits")."""
    mib = round(machine.memory_gib * 1024)
    return {
        "nodes": str(nodes),
        GPU_RESOURCE: str(nodes * machine.gpus),
        "cpu": str(nodes * machine.vcpus),
        "memory": f"{nodes * mib}Mi",
    }


__all__ = ["DISRUPTION", "UNDISTURBED", "KarpenterPool"]
