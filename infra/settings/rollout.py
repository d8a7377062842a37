"""How a new release comes into service: server by server, or as a canary that is judged first."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from isthmus.settings.annotations import Unit
from isthmus.settings.section import Section

LEAST_JUDGED_SECONDS = 60
"""Of all pauses together: two measurements that fail end a canary, and one is taken each 15 seconds."""


class CanaryStep(Section):
    """A share of the servers that get the new release, and how long they keep it before the next step."""

    weight: Annotated[int, Unit("percent"), Field(ge=1, le=99)]
    """Share of the servers, and so of the questions; at least one server, at most all but one."""
    pause_seconds: Annotated[int, Unit("seconds"), Field(ge=10, le=7 * 86_400)] = 600
    """How long it is judged at this step."""


class CanaryLimits(Section):
    """What a canary may not pass; it is taken back by itself where it does."""

    failed: Annotated[float, Unit("share"), Field(ge=0, le=1)] = 0.01
    """Share of its questions that fail, above that of the stable release's."""
    p99_ms: Annotated[float, Unit("milliseconds"), Field(gt=0, le=60_000)] = 100
    """Milliseconds within which 99 of 100 of its questions are answered."""
    overlap: Annotated[float, Unit("share"), Field(ge=0, le=1)] = 0.5
    """Least share of the stable release's top 20 that the new one recommends as well, on average over the
    customers that both are asked for; 0 asks for nothing but answers."""


class Rollout(Section):
    """How a new release comes into service."""

    strategy: Literal["rolling", "canary"] = "rolling"
    """`rolling`: server by server, each as soon as it is ready. `canary`: a few servers first, judged by
    errors, latency, restarts and answers beside the stable release, by Argo Rollouts (`platform.runs`:
    `rollouts` and `monitoring`), which takes them back by itself where a limit is passed."""
    steps: Annotated[tuple[CanaryStep, ...], Field(min_length=1, max_length=10)] = (
        CanaryStep(weight=20),
        CanaryStep(weight=50),
    )
    """Steps of a canary, each with a larger share; all servers follow the last."""
    limits: CanaryLimits = CanaryLimits()
    """What ends a canary."""
    customers: Annotated[int, Unit("customers"), Field(ge=1, le=10_000)] = 500
    """Customers whose questions both releases are asked before the first pause."""


__all__ = ["LEAST_JUDGED_SECONDS", "CanaryLimits", "CanaryStep", "Rollout"]
