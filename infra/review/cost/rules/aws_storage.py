"""What AWS keeps: objects, volumes, images, logs, keys."""

from __future__ import annotations

from collections.abc import Iterator

from infra.naming import BUCKETS
from infra.review.cost.charge import HOURS, Charge, Range
from infra.review.cost.context import Context, exact
from infra.review.cost.inputs import Inputs, Size, Text, read
from infra.review.cost.rules.aws_machines import volume
from infra.review.resource import Resource

MONTH_DAYS = HOURS / 24


class _Volume(Inputs):
    size: Size
    type: Text = "gp2"
    """What EC2 makes where none is named (EC2 API reference, CreateVolume)."""


class _LogGroup(Inputs):
    retention_in_days: Size = 0


def bucket(resource: Resource, context: Context) -> Iterator[Charge]:
    """Objects in the standard class, and requests."""
    region, usage = context.region(resource), context.usage
    ours = dict(zip(BUCKETS, (usage.arrivals_gb, usage.releases_gb, usage.logs_gb), strict=True))
    stored = ours.get(resource.name.rpartition("-")[2], usage.other_bucket_gb)
    yield Charge("objects stored", context.prices.service("s3_gb_month", region), Range.of(stored))
    yield Charge(
        "writing requests", context.prices.service("s3_write", region), Range.of(usage.object_writes)
    )
    yield Charge("reading requests", context.prices.service("s3_read", region), Range.of(usage.object_reads))


def ebs_volume(resource: Resource, context: Context) -> Iterator[Charge]:
    """A volume of its own."""
    found = read(_Volume, resource)
    yield Charge(f"{found.size} GB {found.type}", volume(found.type, resource, context), Range.of(found.size))


def log_group(resource: Resource, context: Context) -> Iterator[Charge]:
    """What is written to a group, and what of it is kept, uncompressed, once it is as old as it gets.

    One that keeps for ever is reckoned by its first year.
    """
    region, written = context.region(resource), exact(context.usage.log_gb)
    days = read(_LogGroup, resource).retention_in_days or 365
    yield Charge("logs written", context.prices.service("log_gb", region), Range.of(written))
    kept = Range.of(written * days / MONTH_DAYS)
    yield Charge(f"logs kept for {days} days", context.prices.service("log_gb_month", region), kept)


def alarm(resource: Resource, context: Context) -> Iterator[Charge]:
    """An alarm on one metric, at the standard resolution."""
    price = context.prices.service("alarm_month", context.region(resource))
    yield Charge("alarm", price, Range.of(1))


def repository(resource: Resource, context: Context) -> Iterator[Charge]:
    """Images."""
    price = context.prices.service("image_gb_month", context.region(resource))
    yield Charge("images stored", price, Range.of(context.usage.image_gb))


def key(resource: Resource, context: Context) -> Iterator[Charge]:
    """A key of KMS in its first year, and what is asked of it."""
    region = context.region(resource)
    yield Charge("key", context.prices.service("key_month", region), Range.of(1))
    requests = Range.of(context.usage.key_requests)
    yield Charge("requests to it", context.prices.service("key_request", region), requests)
