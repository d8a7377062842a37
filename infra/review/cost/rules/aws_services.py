"""Services of AWS beside machines, network and storage: trails, GuardDuty, Route 53."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import Field

from infra.review.cost.charge import HOURS, Charge, Range
from infra.review.cost.context import Context
from infra.review.cost.inputs import Inputs, read
from infra.review.cost.price import NoPrice
from infra.review.resource import Resource


class _Trail(Inputs):
    event_selectors: list[Any] = Field(default_factory=list)
    advanced_event_selectors: list[Any] = Field(default_factory=list)
    insight_selectors: list[Any] = Field(default_factory=list)


class _Vpc(Inputs):
    vpc_id: str = ""


class _Zone(Inputs):
    vpcs: list[_Vpc] = Field(default_factory=list)


class _Endpoint(Inputs):
    ip_addresses: list[Any] = Field(min_length=1)


def trail(resource: Resource, _: Context) -> Iterator[Charge]:
    """A trail: the first copy of management events costs nothing, what else it selects is by the event.

    https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_EventSelector.html,
    IncludeManagementEvents; read on 2026-11-28.
    """
    found = read(_Trail, resource)
    if found.event_selectors or found.advanced_event_selectors or found.insight_selectors:
        reason = NoPrice(
            "how many events of data or insights it takes is no setting, and their price was not read"
        )
        yield Charge("events that it selects", reason, Range.of(1))


def detector(_: Resource, __: Context) -> Iterator[Charge]:
    """GuardDuty, by what it reads."""
    reason = NoPrice("how many events and logs it reads is no setting, and their price was not read")
    yield Charge("what it reads", reason, Range.of(1))


def zone(resource: Resource, context: Context) -> Iterator[Charge]:
    """A hosted zone, and what is asked of a public one."""
    yield Charge("hosted zone", context.prices.service("hosted_zone_month", None), Range.of(1))
    if not read(_Zone, resource).vpcs:
        yield Charge("queries", NoPrice("how often it is asked is no setting"), Range.of(1))


def resolver_endpoint(resource: Resource, context: Context) -> Iterator[Charge]:
    """An endpoint of Route 53's resolver: an hour of each of its addresses, and what is asked of it."""
    addresses = len(read(_Endpoint, resource).ip_addresses)
    price = context.prices.service("resolver_address_hour", context.region(resource))
    yield Charge("resolver endpoint, an hour of each address", price, Range.of(HOURS * addresses))
    yield Charge("queries through it", NoPrice("how often it is asked is no setting"), Range.of(1))
