"""Whether Magnum is new enough."""

from __future__ import annotations

from collections.abc import Iterator

from infra.doctor.clouds import Clouds
from infra.settings import Settings
from isthmus.settings.errors import Problem

NEEDED = (1, 10)
"""The first with node groups that may be empty (magnum 23.0.0, ``magnum/api/rest_api_version_history.rst``;
2026-11-28)."""
HEADER = "OpenStack-API-Maximum-Version"


def magnum(_: Settings, clouds: Clouds) -> Iterator[Problem]:
    """Its newest microversion; which drivers it has, it tells nobody but its operator."""
    answer = clouds.openstack().container_infrastructure_management.get("/clusters?limit=1")
    shown = answer.headers.get(HEADER, "container-infra 0.0").rpartition(" ")[2]
    if tuple(map(int, shown.split("."))) < NEEDED:
        yield Problem(
            "service container-infra",
            f"speaks microversion {shown}, and node groups that may be empty need "
            f"{'.'.join(map(str, NEEDED))}: ask the operator for a newer Magnum",
        )


__all__ = ["magnum"]
