"""What moves the number of servers must have what it measures by, and bounds that it can move between."""

from __future__ import annotations

from collections.abc import Iterator

from infra.settings.autoscaling import QUEUE_NEEDS
from infra.settings.drivers import DRIVERS
from infra.settings.model import Settings
from isthmus.settings.errors import Problem

_KEY = "serving.autoscaling"


def autoscaling(settings: Settings) -> Iterator[Problem]:
    """Problems with what scales the servers."""
    if not settings.serving.enabled:
        return
    if settings.serving.autoscaling.chosen(settings.platform.runs) == "queue":
        yield from _by_queue(settings)
    else:
        yield from _by_cpu(settings)


def _set(settings: Settings) -> Iterator[str]:
    """What the queue alone reads, as far as the stack file says it."""
    told = settings.serving.autoscaling
    if told.requests_per_second is not None:
        yield "requests_per_second"
    if told.schedules:
        yield "schedules"
    if told.without_metrics is not None:
        yield "without_metrics"


def _by_queue(settings: Settings) -> Iterator[Problem]:
    told, bounds, runs = settings.serving.autoscaling, settings.serving.replicas, settings.platform.runs
    if missing := [part for part in QUEUE_NEEDS if part not in runs]:
        yield Problem(
            f"{_KEY}.by",
            f"is queue, and platform.runs has no {' and no '.join(missing)}: KEDA scales by what Prometheus "
            "tells it; add what is missing, or write cpu",
        )
    if bounds.min >= bounds.max:
        for key in _set(settings):
            yield Problem(
                f"{_KEY}.{key}",
                f"is set, and serving.replicas min and max are {bounds.min} and {bounds.max}: nothing can be "
                "scaled; raise max, or leave it out",
            )
        return
    least = told.without_metrics
    if least is not None and not bounds.min <= least <= bounds.max:
        yield Problem(
            f"{_KEY}.without_metrics",
            f"is {least}, outside of serving.replicas min {bounds.min} to max {bounds.max}: write a number "
            "between them",
        )
    for number, schedule in enumerate(told.schedules):
        key = f"{_KEY}.schedules[{number}]"
        if schedule.start == schedule.end:
            # KEDA refuses it (keda-docs@a55c5d3, content/docs/2.20/scalers/cron.md, "Notice"; 2026-11-28).
            yield Problem(
                f"{key}.end", f"is {schedule.end}, as start is: it would never be; write when it ends"
            )
        if not bounds.min < schedule.replicas <= bounds.max:
            yield Problem(
                f"{key}.replicas",
                f"is {schedule.replicas}, and serving.replicas are {bounds.min} to {bounds.max}: allowed is "
                f"from {bounds.min + 1}, as fewer are there anyway, to {bounds.max}",
            )


def _by_cpu(settings: Settings) -> Iterator[Problem]:
    """An autoscaler without metrics stays at its fewest pods, and says so in its conditions alone."""
    for key in _set(settings):
        yield Problem(
            f"{_KEY}.{key}",
            f"is set, and the servers are scaled by cpu, which does not read it: set {_KEY}.by to queue, "
            f"which needs {' and '.join(QUEUE_NEEDS)} in platform.runs, or leave it out",
        )
    replicas = settings.serving.replicas
    for site in settings.serving.sites:
        yield from unmeasured(settings, site, f"site {site}", "serving.replicas", replicas.min, replicas.max)


def unmeasured(
    settings: Settings, site: str, whose: str, key: str, least: int, most: int
) -> Iterator[Problem]:
    """A problem where an autoscaler by CPU of a site has nothing that measures for it."""
    brought = DRIVERS[settings.openstack.cluster.driver].brings if site == "openstack" else frozenset()
    if least < most and "metrics_server" not in {*settings.platform.runs, *brought}:
        yield Problem(
            "platform.runs",
            f"has no metrics_server, by which the autoscaler of {whose} would go from {key} min {least} to "
            f"max {most}: add it, or write one number for both",
        )


__all__ = ["autoscaling", "unmeasured"]
