"""The Kubernetes objects of an estate as the program sends them, and the pods that come of them."""

from __future__ import annotations

import copy
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from infra.__main__ import estate
from infra.settings.platform import PARTS
from rehearsal.plugins.kubernetes import releases
from tests.infra.aws_judge.recording import AwsRecorder
from tests.infra.judges import plain
from tests.infra.recorded import STACKS, changed_settings, record

Object = dict[str, Any]

_SITES = {"aws-cluster": "aws", "openstack-cluster": "openstack"}

EVERYTHING = {
    "training.started_by": "up",
    "training.tuning.enabled": True,
    "training.retrain.enabled": True,
    "serving.sites": ["aws", "openstack"],
    "serving.autoscaling.by": "cpu",
    "serving.front.enabled": True,
    "serving.front.callers": [{"name": "shop", "sha256": "1" * 64}],
    "serving.front.guard": [{"name": "recalled", "reason": "by its maker", "deny": ["23344"]}],
    "serving.front.plain_http": True,
    "platform.runs": [*PARTS],
}
OF_NO_NAMESPACE = ("PriorityClass", "EC2NodeClass", "NodePool")
SCALERS = {"HorizontalPodAutoscaler": "maxReplicas", "ScaledObject": "maxReplicaCount"}
"""What moves a number of pods, and the field of its most."""
BY_QUEUE = {
    "serving.autoscaling.requests_per_second": 400,
    "serving.autoscaling.schedules": [{"start": "0 6 * * 1-5", "end": "0 20 * * 1-5", "replicas": 3}],
    "serving.autoscaling.without_metrics": 3,
}
BY_KARPENTER = {
    "aws.gpu_pools.training.nodes": "karpenter",
    "aws.gpu_pools.serving.nodes": "karpenter",
    "aws.gpu_pools.serving.min": 0,
}
BY_SPARK = {
    "aws.cpu_pools": {"data": {"instance_type": "m7i.2xlarge", "max": 4, "capacity": "spot"}},
    "training.engine": "spark",
    "training.data.job": True,
    "training.data.executors": {"count": 4, "cpus": 4, "memory": 16384, "pool": "data"},
    "training.retrain.enabled": True,
}
"""The data stage by Spark, its executors on spot nodes of a pool of their own."""
VARIANTS: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    **{stack: (stack, {}) for stack in STACKS},
    **{f"{stack}, all that can be on": (stack, EVERYTHING) for stack in STACKS},
    "prod, another link": (
        "prod",
        {
            "link.gateway": "vpn_gateway",
            "link.initiator": "aws",
            "link.ike.dh_group": 20,
            "link.mtu_bytes": 1300,
            "training.orders_url": "postgresql+psycopg://db.example.org:6432/shop?table=orders",
            **BY_QUEUE,
        },
    ),
    "prod, with a canary": (
        "prod",
        {
            "serving.sites": ["aws", "openstack"],
            "serving.rollout.strategy": "canary",
            "platform.runs": [*PARTS],
        },
    ),
    "prod, nodes by Karpenter": ("prod", BY_KARPENTER),
    "staging, the data stage by Spark": ("staging", BY_SPARK),
    "prod, no link": (
        "prod",
        {
            "link.enabled": False,
            "serving.autoscaling.by": "cpu",
            "aws.cluster.api_allowed_cidrs": ["198.51.100.0/24"],
        },
    ),
}
"""Title: the stack and the settings that are changed in it."""


@dataclass(frozen=True)
class SiteObjects:
    """What one estate asks of the cluster of one site, in the order of the program."""

    site: str
    objects: tuple[Object, ...]

    def of(self, *kinds: str) -> list[Object]:
        """Copies of the objects of some kinds."""
        return [copy.deepcopy(each) for each in self.objects if each["kind"] in kinds]

    def inside(self, prefix: str) -> SiteObjects:
        """The same in namespaces of another name, so that many estates stand in one cluster."""
        moved = copy.deepcopy(self.objects)
        for each in moved:
            if each["kind"] in OF_NO_NAMESPACE:
                continue  # the same for all
            key = "name" if each["kind"] == "Namespace" else "namespace"
            each["metadata"][key] = f"{prefix}-{each['metadata'][key]}"
        return SiteObjects(self.site, moved)


def right(sites: Iterable[SiteObjects], kind: str, name: str) -> Object:
    """A copy of the first object of a kind whose name begins so: what a change or a mistake is made in."""
    return next(each for site in sites for each in site.of(kind) if each["metadata"]["name"].startswith(name))


@cache
def objects(variant: str) -> tuple[SiteObjects, ...]:
    """Both sites' objects of a variant."""
    stack, changes = VARIANTS[variant]
    settings = changed_settings(stack, changes)
    found: dict[str, list[Object]] = {}
    # Definitions of kinds judge ids of AWS, too.
    recorder = AwsRecorder(settings.aws.region, settings.aws.account_id)
    for each in record(lambda: estate(settings), stack, recorder=recorder).resources:
        # A release is no object.
        if each.type.startswith("kubernetes:") and each.type != releases.TYPE:
            provider = each.provider.split("::")[-2]
            found.setdefault(_SITES[provider], []).append(plain(each.inputs))
    return tuple(SiteObjects(site, tuple(made)) for site, made in found.items())


@dataclass(frozen=True)
class Pods:
    """The most pods of one workload that can be there at once."""

    workload: str
    pod: Object
    count: int


def pods(site: SiteObjects) -> Iterator[Pods]:
    """Every workload's pods: a Deployment's largest number and its surge, all indices of a Job."""
    most = {
        (each["metadata"]["namespace"], each["spec"]["scaleTargetRef"]["name"]): each["spec"][bound]
        for kind, bound in SCALERS.items()
        for each in site.of(kind)
    }
    for each in site.of("Deployment", "Rollout"):
        key = (each["metadata"]["namespace"], each["metadata"]["name"])
        replicas = int(most.get(key, each["spec"].get("replicas", 1)))
        (how,) = (value for value in each["spec"]["strategy"].values() if isinstance(value, dict))
        surge = how["maxSurge"]
        extra = surge if isinstance(surge, int) else math.ceil(replicas * int(surge.rstrip("%")) / 100)
        yield _pods(each, each["spec"]["template"], replicas + extra)
    for each in site.of("AnalysisTemplate"):
        for metric in each["spec"]["metrics"]:
            if job := metric["provider"].get("job"):
                yield _pods(each, job["spec"]["template"], 1)
    for each in site.of("Job"):
        yield _pods(each, each["spec"]["template"], int(each["spec"].get("parallelism", 1)))
    for each in site.of("CronJob"):
        job = each["spec"]["jobTemplate"]["spec"]
        yield _pods(each, job["template"], int(job.get("parallelism", 1)))


def _pods(owner: Object, template: Object, count: int) -> Pods:
    kind, metadata = owner["kind"], owner["metadata"]
    pod = {"apiVersion": "v1", "kind": "Pod", "spec": copy.deepcopy(template["spec"])}
    pod["metadata"] = {
        **{key: value for key, value in template.get("metadata", {}).items() if key != "name"},
        "namespace": metadata["namespace"],
    }
    return Pods(f"{kind} {metadata['name']}", pod, count)
