"""What a cluster's Prometheus and Grafana are told of Triton: where to ask, when to tell, what to show.

The kinds are those of kube-prometheus-stack, whose Grafana takes every ConfigMap with the label below
(prometheus-community/helm-charts@cf408a2, charts/kube-prometheus-stack/values.yaml,
``grafana.sidecar.dashboards``; read 2026-11-28).
"""

from __future__ import annotations

from collections.abc import Mapping

import pulumi
import pulumi_kubernetes as k8s

from serving.monitoring.alerts import rule_groups
from serving.monitoring.dashboard import UID, dashboard

POD_HASH = "rollouts-pod-template-hash"
"""Argo Rollouts' label of the pods of one release; a Deployment's have none."""
DASHBOARD_LABEL = "grafana_dashboard"
_API = "monitoring.coreos.com/v1"
_SECONDS = 15
"""Between two looks: the shortest window of a rule holds twenty of them."""


def monitoring(
    name: str,
    *,
    namespace: pulumi.Input[str],
    service: str,
    labels: Mapping[str, str],
    opts: pulumi.ResourceOptions,
) -> None:
    """Declare what Prometheus asks of a Triton service, its alerts and its dashboard.

    Args:
        name: of the component that it belongs to.
        namespace: where the service is.
        service: its name, also of these objects.
        labels: by which the service is found, and of these objects.
        opts: with the component as parent.
    """

    def metadata(**more: str) -> k8s.meta.v1.ObjectMetaArgs:
        return k8s.meta.v1.ObjectMetaArgs(name=service, namespace=namespace, labels={**labels, **more})

    k8s.apiextensions.CustomResource(
        f"{name}-monitor",
        api_version=_API,
        kind="ServiceMonitor",
        metadata=metadata(),
        spec={
            "selector": {"matchLabels": {"app.kubernetes.io/name": service}},
            # By which a canary's servers are told from the others (serving.monitoring.canary).
            "podTargetLabels": [POD_HASH],
            "endpoints": [
                {"port": "metrics", "interval": f"{_SECONDS}s"},
                {"port": "proxy-metrics", "path": "/stats/prometheus", "interval": f"{_SECONDS}s"},
            ],
        },
        opts=opts,
    )
    k8s.apiextensions.CustomResource(
        f"{name}-alerts",
        api_version=_API,
        kind="PrometheusRule",
        metadata=metadata(),
        spec={"groups": rule_groups()},
        opts=opts,
    )
    k8s.core.v1.ConfigMap(
        f"{name}-dashboard",
        metadata=k8s.meta.v1.ObjectMetaArgs(
            name=UID, namespace=namespace, labels={**labels, DASHBOARD_LABEL: "1"}
        ),
        data={f"{UID}.json": dashboard()},
        opts=opts,
    )
