"""How many Triton servers there are: by CPU, or by how long questions wait and how many come.

By CPU a HorizontalPodAutoscaler of Kubernetes' own does it. By the queue KEDA does, which asks Prometheus and
feeds an autoscaler that it makes itself. Fields were looked up on 2026-11-28: kedacore/keda-docs@a55c5d3,
content/docs/2.20/scalers/prometheus.md, scalers/cron.md and reference/scaledobject-spec.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pulumi
import pulumi_kubernetes as k8s

from serving.components.pod import NAME
from serving.components.workload import Workload
from serving.monitoring import queries

QUIET_SECONDS: Final = 300
"""A pod costs a pull and a load: it is given back only when so many quiet seconds have passed."""
WINDOW: Final = "2m"
"""What is averaged: eight looks of Prometheus (``serving.components.monitoring``)."""
FAILURES: Final = 3
"""Looks in a row without an answer, one each 15 seconds, until the fallback holds."""
HPA_OWNERSHIP: Final = "validations.keda.sh/hpa-ownership"
"""On an autoscaler: KEDA's webhook then takes a ScaledObject for what this one still scales, as an up makes
the new before it deletes the old (kedacore/keda@8b4f083, apis/keda/v1alpha1/scaledobject_webhook.go,
``verifyHpas``; 2026-11-28). While both are there Kubernetes lets neither act (condition AmbiguousSelector of
an autoscaler; from memory)."""


@dataclass(frozen=True)
class Schedule:
    """At least so many servers between two points of time, each five fields of cron in UTC."""

    start: str
    end: str
    replicas: int


@dataclass(frozen=True)
class ByQueue:
    """What KEDA scales by; the most servers that any of these asks for is what there is."""

    prometheus: str
    """``http://host:port`` of the cluster's Prometheus."""
    queue_ms: float
    """Milliseconds that a question may wait for a model."""
    without_metrics: int
    """Servers, or more where there are more, while Prometheus does not tell."""
    requests_per_second: float | None = None
    """Questions a second that one server should get; None: not looked at."""
    schedules: Sequence[Schedule] = ()
    after: Sequence[pulumi.Resource] = ()
    """The charts of KEDA and Prometheus: their kinds come before, and go after, an object of them."""


def by_cpu(
    name: str,
    metadata: Callable[..., k8s.meta.v1.ObjectMetaArgs],
    least: int,
    most: int,
    scales: Workload,
    of: str = NAME,
) -> None:
    """Declare an autoscaler by CPU of the workload named ``of``."""
    v2 = k8s.autoscaling.v2
    v2.HorizontalPodAutoscaler(
        name,
        metadata=metadata(annotations={HPA_OWNERSHIP: "false"}),
        spec=v2.HorizontalPodAutoscalerSpecArgs(
            min_replicas=least,
            max_replicas=most,
            scale_target_ref=v2.CrossVersionObjectReferenceArgs(
                api_version=scales.api_version, kind=scales.kind, name=of
            ),
            metrics=[
                v2.MetricSpecArgs(
                    type="Resource",
                    resource=v2.ResourceMetricSourceArgs(
                        name="cpu",
                        target=v2.MetricTargetArgs(type="Utilization", average_utilization=70),
                    ),
                )
            ],
            behavior=v2.HorizontalPodAutoscalerBehaviorArgs(
                scale_down=v2.HPAScalingRulesArgs(stabilization_window_seconds=QUIET_SECONDS)
            ),
        ),
        opts=_after(scales),
    )


def by_queue(
    name: str,
    metadata: k8s.meta.v1.ObjectMetaArgs,
    least: int,
    most: int,
    scaling: ByQueue,
    scales: Workload,
) -> None:
    """Declare what KEDA scales by."""
    k8s.apiextensions.CustomResource(
        f"{name}-scaled",
        api_version="keda.sh/v1alpha1",
        kind="ScaledObject",
        metadata=metadata,
        spec={
            "scaleTargetRef": {"apiVersion": scales.api_version, "kind": scales.kind, "name": NAME},
            "minReplicaCount": least,
            "maxReplicaCount": most,
            "fallback": {
                "failureThreshold": FAILURES,
                "replicas": scaling.without_metrics,
                "behavior": "currentReplicasIfHigher",
            },
            "advanced": {
                "horizontalPodAutoscalerConfig": {
                    "behavior": {
                        "scaleDown": {
                            "stabilizationWindowSeconds": QUIET_SECONDS,
                            # A queue is empty long before a server is idle: one at a time, then look again.
                            "policies": [{"type": "Pods", "value": 1, "periodSeconds": 120}],
                        }
                    }
                }
            },
            "triggers": [*_triggers(scaling)],
        },
        opts=_after(scales, *scaling.after),
    )


def _after(scales: Workload, *others: pulumi.Resource) -> pulumi.ResourceOptions:
    """What it scales is there when it comes: on the way to another kind, both stand for a while."""
    return pulumi.ResourceOptions(parent=scales.parent, depends_on=[scales.resource, *others])


def _triggers(scaling: ByQueue) -> Iterator[dict[str, Any]]:
    # A time is not shared out among servers: so many times too long is so many times more of them.
    yield _prometheus("queue", scaling, queries.queued_ms(WINDOW), scaling.queue_ms, "Value")
    if scaling.requests_per_second is not None:
        asked = f"sum({queries.answered(WINDOW)})"
        yield _prometheus("requests", scaling, asked, scaling.requests_per_second, "AverageValue")
    for number, schedule in enumerate(scaling.schedules):
        yield {
            "type": "cron",
            "name": f"schedule-{number}",
            "metadata": {
                "timezone": "Etc/UTC",
                "start": schedule.start,
                "end": schedule.end,
                "desiredReplicas": str(schedule.replicas),
            },
        }


def _prometheus(name: str, scaling: ByQueue, query: str, threshold: float, metric: str) -> dict[str, Any]:
    return {
        "type": "prometheus",
        "name": name,
        "metricType": metric,
        "metadata": {
            "serverAddress": scaling.prometheus,
            "query": queries.while_seen(query),
            "threshold": f"{threshold:g}",
            # What has no value is an error then, and the fallback holds; else it would be no load.
            "ignoreNullValues": "false",
        },
    }


__all__ = ["HPA_OWNERSHIP", "ByQueue", "Schedule", "by_cpu", "by_queue"]
