"""Who moved something, as far as AWS CloudTrail tells, which keeps the changes of the last 90 days.

LookupEvents finds by one attribute at a time, two requests a second, 50 events each (docs.aws.amazon.com/
awscloudtrail/latest/APIReference/API_LookupEvents.html, read on 2026-11-28).
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final, Protocol

from infra.review.drift.drift import Mover
from infra.review.resource import Resource

SECONDS: Final = 0.5
MOST: Final = 50
"""Resources that are asked for; who changed more at once is one and the same."""
_NAMES: Final = ("bucket", "name", "id", "arn", "roleName", "groupName", "clusterName")


class Trail(Protocol):
    """CloudTrail's client, as far as it is asked."""

    def lookup_events(self, **asked: Any) -> Mapping[str, Any]:
        """The events of a resource, the newest first."""


def movers(
    trail: Trail, resources: Iterable[Resource], wait: Callable[[float], None] = time.sleep
) -> Mapping[str, Mover]:
    """The last change of each resource of AWS that CloudTrail has, by URN."""
    found = {}
    asked = [each for each in resources if each.package == "aws"][:MOST]
    for number, resource in enumerate(asked):
        for name in _names(resource):
            if number:
                wait(SECONDS)
            if (mover := _last(trail, name)) is not None:
                found[resource.urn] = mover
                break
    return found


def _names(resource: Resource) -> Iterator[str]:
    names = (resource.inputs.get(key) for key in _NAMES)
    yield from dict.fromkeys(name for name in names if isinstance(name, str) and name)


def _last(trail: Trail, name: str) -> Mover | None:
    answer = trail.lookup_events(
        LookupAttributes=[{"AttributeKey": "ResourceName", "AttributeValue": name}], MaxResults=50
    )
    for event in answer.get("Events", ()):
        if str(event.get("ReadOnly", "false")).lower() == "true":
            continue
        told = json.loads(event.get("CloudTrailEvent") or "{}")
        identity = told.get("userIdentity") or {}
        return Mover(
            str(identity.get("arn") or event.get("Username") or "somebody"),
            str(event.get("EventName", "")),
            str(event.get("EventTime", "")),
        )
    return None
