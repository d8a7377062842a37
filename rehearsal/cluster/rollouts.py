"""How far canaries are, as `isthmus status` shows it beside their pods."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rehearsal.cluster.of_home import clusters
from rehearsal.cluster.overview import site_of
from rehearsal.home import Home

KIND = "Rollout.argoproj.io"


@dataclass(frozen=True)
class RolloutLine:
    """What a person is shown of one Rollout."""

    cluster: str
    site: str
    namespace: str
    name: str
    phase: str
    """As Argo Rollouts says it: Healthy, Progressing, Paused, Degraded; "" where nothing controls it."""
    step: int
    steps: int
    message: str


def rollout_lines(home: Home, site: str | None = None) -> list[RolloutLine]:
    """Every Rollout of a home, or of one site."""
    return [
        _line(cluster.name, rollout)
        for cluster in clusters(home)
        if site in (None, site_of(cluster.name))
        for rollout in cluster.list(KIND)
    ]


def _line(cluster: str, rollout: dict[str, Any]) -> RolloutLine:
    meta, status = rollout["metadata"], rollout.get("status", {})
    steps = len(rollout["spec"].get("strategy", {}).get("canary", {}).get("steps", ()))
    nobody = "" if status else "no controller of Argo Rollouts has seen it"
    return RolloutLine(
        cluster=cluster,
        site=site_of(cluster),
        namespace=meta["namespace"],
        name=meta["name"],
        phase=str(status.get("phase", "")),
        step=int(status.get("currentStepIndex", 0)),
        steps=steps,
        message=str(status.get("message", nobody)),
    )


__all__ = ["KIND", "RolloutLine", "rollout_lines"]
