"""Services of AWS beside machines, network and storage: queues, secrets, trails, GuardDuty, Route 53."""

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


class _Queue(Inputs):
    fifo_queue: bool = False


class _Secret(Inputs):
    replicas: list[Any] = Field(default_factory=list)


class _Endpoint(Inputs):
    ip_addresses: list[Any] = Field(min_length=1)


def queue(resource: Resource, context: Context) -> Iterator[Charge]:
    """A queue of SQS, by what is sent to it, asked of it and deleted from it; to ask in vain is one, too."""
    item = "queue_fifo_request" if read(_Queue, resource).fifo_queue else "queue_request"
    price = context.prices.service(item, context.region(resource))
    yield Charge("requests to it", price, Range.of(context.usage.queue_requests))


def secret(resource: Resource, context: Context) -> Iterator[Charge]:
    """A secret of Secrets Manager and each of its replicas, and what is asked of it.

    A replica is billed as a secret (AWS's pricing page of 2026-09-20 as kept in
    api-evangelist/amazon-secrets-manager, plans/; read 2026-11-29), here at the price of the secret's region.
    """
    region, kept = context.region(resource), 1 + len(read(_Secret, resource).replicas)
    what = "secret" if kept == 1 else f"secret, and {kept - 1} of its replicas"
    yield Charge(what, context.prices.service("secret_month", region), Range.of(kept))
    requests = Range.of(context.usage.secret_requests)
    yield Charge("requests to it", context.prices.service("secret_request", region), requests)


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
