"""When somebody is told: an objective that is used up too fast, or a server that will not do for long.

The burn rates are those of Google's "The Site Reliability Workbook", chapter 5, table 5-8 (read 2026-11-28):
14.4 times the objective's rate over an hour uses up a fiftieth of a month's failures, 6 times over six hours
a twentieth, and once over three days a tenth. The short window lets an alert end when its cause has.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final, Literal

from serving.monitoring import queries

Severity = Literal["critical", "warning"]

ANSWERED: Final = 0.999
"""Objective: the share of questions that are answered."""
IN_TIME: Final = 0.99
"""Objective: the share of answers within ``queries.WAITED_MS``."""
_BURNS: Final[tuple[tuple[float, str, str, Severity], ...]] = (
    (14.4, "1h", "5m", "critical"),
    (6, "6h", "30m", "critical"),
    (1, "3d", "6h", "warning"),
)


@dataclass(frozen=True)
class Alert:
    """One rule of Prometheus'."""

    name: str
    expr: str
    lasts: str
    """For how long it must hold."""
    severity: Severity
    says: str
    """What is the matter and what to do."""
    queries: tuple[str, ...]
    """The parts of ``expr`` that always have a value where serving is asked."""
    needs: Literal["", "GPU", "front"] = ""
    """What must be there for its queries to have a value."""

    def rule(self) -> dict[str, Any]:
        """As a PrometheusRule has it."""
        return {
            "alert": self.name,
            "expr": self.expr,
            "for": self.lasts,
            "labels": {"severity": self.severity},
            "annotations": {"summary": self.says},
        }


def _burning(name: str, share: Callable[[str], str], objective: float, says: str) -> Iterator[Alert]:
    for factor, long, short, severity in _BURNS:
        most = f"{factor * (1 - objective):.4g}"
        parts = (share(long), share(short))
        expr = " and ".join(f"({part}) > {most}" for part in parts)
        lasts = "2m" if severity == "critical" else "1h"
        yield Alert(f"{name}{long.upper()}", expr, lasts, severity, f"{says} ({long} and {short})", parts)


def alerts() -> tuple[Alert, ...]:
    """All of them."""
    q = queries
    up = 'sum(up{service="triton"})'
    return (
        *_burning(
            "TritonFails",
            q.failed,
            ANSWERED,
            "more questions fail than the objective of 99.9 % allows; `kubectl logs -n serving -l "
            "app.kubernetes.io/name=triton -c triton` says why",
        ),
        *_burning(
            "TritonSlow",
            q.slow,
            IN_TIME,
            f"more answers take over {q.WAITED_MS} ms than the objective of 99 % allows: more replicas "
            "(serving.replicas), or look at the queue in the dashboard",
        ),
        Alert(
            "TritonGone",
            f"({up} or vector(0)) == 0",
            "2m",
            "critical",
            "no Triton server of this site answers Prometheus: `kubectl get pods -n serving`",
            (up,),
        ),
        Alert(
            "TritonQueue",
            f"{q.queued_ms()} > 20",
            "10m",
            "warning",
            "questions wait more than 20 ms for a model: more replicas (serving.replicas.max)",
            (q.queued_ms(),),
        ),
        Alert(
            "TritonTwoReleases",
            f"{q.RELEASES} > 1",
            "1h",
            "warning",
            "two releases answer at this site for an hour: a rollout that does not end "
            "(`kubectl get pods -n serving -L isthmus.dev/release`)",
            (q.RELEASES,),
        ),
        Alert(
            "TritonGpuMemory",
            f"{q.GPU_MEMORY} > 0.95",
            "10m",
            "warning",
            "a GPU's memory is nearly full: the next release may not load beside what is there",
            (q.GPU_MEMORY,),
            needs="GPU",
        ),
        Alert(
            "FrontReleaseSkew",
            f"{q.FRONT_SKEW} > 1",
            "1h",
            "warning",
            "the sites serve different releases: promote the same digest on both, or look for a pod that "
            "refuses its release",
            (q.FRONT_SKEW,),
            needs="front",
        ),
        Alert(
            "FrontFallsBack",
            f"{q.FRONT_FALLEN_BACK} > 0.05",
            "10m",
            "warning",
            "popular products answer more than a twentieth of the customers, as no model does in time",
            (q.FRONT_FALLEN_BACK,),
            needs="front",
        ),
        Alert(
            "FrontFeedbackWaits",
            f"{q.FRONT_UNSTORED_S} > 900",
            "5m",
            "warning",
            "feedback waits in a front's spool for a quarter of an hour, and would go with its pod: the "
            "front's log says why its store takes none",
            (q.FRONT_UNSTORED_S,),
            needs="front",
        ),
        Alert(
            "FrontFails",
            f"{q.FRONT_FAILED} > 0.0144",
            "5m",
            "critical",
            "a front answers questions with 5xx: its log has the request ids",
            (q.FRONT_FAILED,),
            needs="front",
        ),
    )


def rule_groups() -> list[dict[str, Any]]:
    """The groups of a PrometheusRule."""
    return [{"name": "serving", "rules": [alert.rule() for alert in alerts()]}]


__all__ = ["Alert", "alerts", "rule_groups"]
