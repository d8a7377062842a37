"""When there are more Triton servers, and when fewer."""

from __future__ import annotations

from collections.abc import Collection
from typing import Annotated, Final, Literal

from pydantic import Field

from infra.settings.platform import Part
from infra.settings.schedule import Cron
from isthmus.settings.annotations import Unit
from isthmus.settings.section import Section

By = Literal["cpu", "queue"]
QUEUE_NEEDS: Final[tuple[Part, ...]] = ("keda", "monitoring")
"""What scales by the queue, and what it asks."""
SCHEDULES: Final = 20
"""Of one service: each is asked at every look."""


class Schedule(Section):
    """A time of the day or the week that needs more servers, known beforehand."""

    start: Cron
    """When it begins."""
    end: Cron
    """When it ends."""
    replicas: Annotated[int, Unit("replicas"), Field(ge=1, le=99)]
    """Fewest replicas on each site between the two; nodes for them are asked for at its start."""


class Autoscaling(Section):
    """By what the number of servers moves between ``replicas.min`` and ``replicas.max``."""

    by: By | None = None
    """CPU of the servers (`cpu`), or how long questions wait for a model (`queue`), which KEDA asks
    Prometheus; absent: `queue` where `platform.runs` has `keda` and `monitoring`, else `cpu`."""
    queue_ms: Annotated[float, Unit("ms"), Field(ge=0.1, le=1000)] = 10
    """How long a question may wait on average, of the model where it waits longest: twice as long makes twice
    as many servers. Of `queue` alone, as all that follows."""
    requests_per_second: Annotated[float, Unit("requests/s"), Field(ge=0.1, le=100_000)] | None = None
    """Answers a second that one server can well give; more make more servers before questions wait."""
    schedules: Annotated[tuple[Schedule, ...], Field(max_length=SCHEDULES)] = ()
    """Times that need more servers."""
    without_metrics: Annotated[int, Unit("replicas"), Field(ge=1, le=99)] | None = None
    """Replicas while Prometheus does not tell; where there are more they stay. Absent: `replicas.min`."""

    def chosen(self, runs: Collection[Part]) -> By:
        """What scales where a cluster runs these parts."""
        return self.by or ("queue" if all(part in runs for part in QUEUE_NEEDS) else "cpu")


__all__ = ["QUEUE_NEEDS", "Autoscaling", "By", "Schedule"]
