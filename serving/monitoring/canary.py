"""By what a canary is judged: queries over its own servers, and what a value means.

A server of a canary is known by the label ``rollouts_pod_template_hash``, which Argo Rollouts puts on pods
and the ServiceMonitor on their metrics (``serving.components.monitoring``). ``{{args.canary}}`` and
``{{args.stable}}`` are filled in by Argo Rollouts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from serving.monitoring import queries

HASH: Final = "rollouts_pod_template_hash"
"""``rollouts-pod-template-hash`` as Prometheus writes a label."""
CANARY: Final = "{{args.canary}}"
STABLE: Final = "{{args.stable}}"
WINDOW: Final = "2m"
"""Eight of Prometheus' looks (``serving.components.monitoring``): a rate of a canary that has just begun."""
EVERY: Final = "15s"
MORE_THAN_ONCE: Final = 1
"""Measurements that may fail: a single one may be of a moment."""


@dataclass(frozen=True)
class Measure:
    """One query and what it may be."""

    name: str
    query: str
    most: float
    says: str
    """What it is a limit of, as a sentence goes on after "the canary's"."""

    @property
    def holds(self) -> str:
        """When a measurement is good, in Argo Rollouts' words: also where there is nothing to measure yet.

        A server that nobody has asked has neither errors nor times; the comparison asks it first.
        """
        return f"len(result) == 0 || isNaN(result[0]) || result[0] <= {self.most:g}"


def _of(pods: str) -> str:
    return f'{HASH}="{pods}"'


def failed(pods: str) -> str:
    """Share of the questions to these servers that got no answer."""
    return queries.failed(WINDOW, _of(pods))


def p99_ms(pods: str) -> str:
    """Milliseconds within which 99 of 100 questions to these servers were answered."""
    times = f"envoy_cluster_upstream_rq_time_bucket{{{queries.THROUGH_ENVOY},{_of(pods)}}}"
    return f"histogram_quantile(0.99, sum by (le) (rate({times}[{WINDOW}])))"


def restarts(namespace: str, name: str, pods: str) -> str:
    """How often a container of these servers, their init step and Envoy included, has ended and begun again.

    Containers that start first have a series of their own (kubernetes/kube-state-metrics, docs/metrics/
    workload/pod-metrics.md).
    """
    series = "kube_pod_(init_)?container_status_restarts_total"
    return f'sum({{__name__=~"{series}",namespace="{namespace}",pod=~"{name}-{pods}-.*"}})'


def measures(namespace: str, name: str, *, most_failed: float, most_p99_ms: float) -> tuple[Measure, ...]:
    """What is measured while a canary answers.

    Args:
        namespace: of its pods.
        name: of its Rollout, with which the names of the pods begin.
        most_failed: share that may fail above the stable release's.
        most_p99_ms: milliseconds.
    """
    # What callers ask wrongly fails at both.
    above = f"{failed(CANARY)} - ({failed(STABLE)} >= 0 or vector(0))"
    return (
        Measure("failed", above, most_failed, "questions fail more often than the stable release's"),
        Measure("slow", p99_ms(CANARY), most_p99_ms, "answers are late"),
        Measure("restarts", restarts(namespace, name, CANARY), 0, "servers end and begin again"),
    )


__all__ = ["CANARY", "EVERY", "HASH", "MORE_THAN_ONCE", "STABLE", "Measure", "measures"]
