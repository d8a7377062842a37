"""What each part of the platform is on a site: charts with their values, in the order that they need.

Values were looked up in the charts of ``infra/chart_pins.yaml`` on 2026-11-28.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from infra.gpu_pool import GPU_PRESENT, GPU_RESOURCE
from infra.settings import Settings
from infra.settings.drivers import DRIVERS
from infra.settings.platform import ADDONS, Part
from infra.workloads import Site

SYSTEM: Final = "kube-system"
PLATFORM: Final = "platform"
MONITORING: Final = "monitoring"
"""The namespace that ``serving.components.network`` lets collect metrics."""
PROMETHEUS: Final = "kube-prometheus-stack"
"""The chart whose kinds tell Prometheus what to ask."""
ROLLOUTS: Final = "argo-rollouts"
"""The chart whose controller brings canaries."""

PROMETHEUS_URL: Final = f"http://{PROMETHEUS}-prometheus.{MONITORING}:9090"
"""What the chart of that name serves it at (prometheus-community/helm-charts@cf408a2, charts/
kube-prometheus-stack/templates/prometheus/service.yaml, ``fullname`` of _helpers.tpl for a release that is
called as the chart, and ``prometheus.service.port`` of values.yaml; 2026-11-28)."""
KEDA: Final = "keda"
"""The chart whose kind says what scales pods."""

NFD_LABEL: Final = "feature.node.kubernetes.io/pci-10de.present"
"""Of nodes with a device of NVIDIA's, by node-feature-discovery (nvidia-device-plugin, values.yaml)."""


@dataclass(frozen=True)
class Use:
    """A chart, where it goes, and what it is told."""

    chart: str
    namespace: str
    values: Mapping[str, Any]


def wanted(site: Site, settings: Settings) -> frozenset[Part]:
    """The parts that this estate installs on a site: not those that the private cloud's driver brings."""
    runs = frozenset(settings.platform.runs)
    if site == "aws":
        return runs
    # A managed node group is AWS's; the private groups' autoscaler is the driver's own, and Octavia's load
    # balancers are made by OpenStack's own controller.
    return runs - DRIVERS[settings.openstack.cluster.driver].brings - {"autoscaler", "load_balancers"}


def addons(settings: Settings) -> tuple[str, ...]:
    """The add-ons of EKS that stand for parts of the platform."""
    return tuple(ADDONS[part] for part in settings.platform.runs if part in ADDONS)


def uses(site: Site, settings: Settings) -> Iterator[Use]:
    """The charts of a site, each after those whose kinds of objects it uses."""
    parts = wanted(site, settings)
    monitored = "monitoring" in parts
    if monitored:
        yield Use(PROMETHEUS, MONITORING, _PROMETHEUS)
    if site == "openstack":
        if "metrics_server" in parts:
            yield Use("metrics-server", SYSTEM, {"replicas": 2})
        if "cert_manager" in parts:
            yield Use("cert-manager", PLATFORM, {"crds": {"enabled": True, "keep": True}})
    if "external_secrets" in parts:
        yield Use("external-secrets", PLATFORM, {"installCRDs": True, "replicaCount": 2})
    if "keda" in parts:
        yield Use(KEDA, PLATFORM, {"crds": {"install": True}, "operator": {"replicaCount": 2}})
    if "rollouts" in parts:
        yield Use(ROLLOUTS, PLATFORM, _ROLLOUTS)
    if "gpus" in parts:
        yield from _gpus(site, monitored)


def _gpus(site: Site, monitored: bool) -> Iterator[Use]:
    """The chart places its pods by three labels: AWS's nodes get one of ours, the private ones NFD's."""
    values: Mapping[str, Any] = {}
    label = GPU_PRESENT
    if site == "openstack":
        values, label = {"nfd": {"enabled": True}}, NFD_LABEL
    yield Use("nvidia-device-plugin", SYSTEM, values)
    exporter = {
        # Its kind of object comes with Prometheus.
        "serviceMonitor": {"enabled": monitored},
        "nodeSelector": {label: "true"},
        "tolerations": [{"key": GPU_RESOURCE, "operator": "Exists", "effect": "NoSchedule"}],
    }
    yield Use("dcgm-exporter", SYSTEM, exporter)


_OFF: Final = {"enabled": False}
_ROLLOUTS: Final[Mapping[str, Any]] = {
    # One is the leader; the other takes over what it had begun, as all of it stands in the Rollouts.
    "controller": {
        "replicas": 2,
        "resources": {"requests": {"cpu": "100m", "memory": "256Mi"}, "limits": {"memory": "1Gi"}},
    },
}
_PROMETHEUS: Final[Mapping[str, Any]] = {
    # A namespace of restricted pods takes none that sees its node.
    "nodeExporter": _OFF,
    # Neither EKS nor a driver of Magnum lets a pod ask these: their alerts would never end.
    **dict.fromkeys(("kubeControllerManager", "kubeScheduler", "kubeEtcd", "kubeProxy"), _OFF),
    "prometheus": {
        "prometheusSpec": {
            # Of every release and every namespace, not only of this chart's.
            "serviceMonitorSelectorNilUsesHelmValues": False,
            "podMonitorSelectorNilUsesHelmValues": False,
            "ruleSelectorNilUsesHelmValues": False,
            "retention": "10d",
            "retentionSize": "8GB",
            "resources": {"requests": {"cpu": "500m", "memory": "2Gi"}, "limits": {"memory": "4Gi"}},
        }
    },
}


def autoscaled(settings: Settings, parts: Collection[Part]) -> bool:
    """Whether a group of nodes in AWS has bounds that an autoscaler can move it between."""
    aws = settings.aws
    system = aws.cluster.system_nodes
    bounds = [(system.min, system.max)]
    bounds += [(pool.min, pool.max) for pool in aws.gpu_pools.values() if pool.nodes == "managed"]
    bounds += [(pool.min, pool.max) for pool in aws.cpu_pools.values()]
    return "autoscaler" in parts and any(least < most for least, most in bounds)


def balanced(settings: Settings, parts: Collection[Part]) -> bool:
    """Whether something in AWS wants a load balancer."""
    serving = settings.serving
    return "load_balancers" in parts and serving.enabled and serving.front.enabled and "aws" in serving.sites


__all__ = [
    "ADDONS",
    "KEDA",
    "MONITORING",
    "PLATFORM",
    "PROMETHEUS",
    "PROMETHEUS_URL",
    "ROLLOUTS",
    "SYSTEM",
    "Use",
    "addons",
    "autoscaled",
    "balanced",
    "uses",
    "wanted",
]
