"""What a review costs the estate by: how much it is used, and what the private cloud asks for it."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from isthmus.settings.annotations import Unit
from isthmus.settings.quantities import Share
from isthmus.settings.section import Section

GbPerMonth = Annotated[float, Unit("GB per month"), Field(ge=0, le=1e9, allow_inf_nan=False)]
Gb = Annotated[float, Unit("GB"), Field(ge=0, le=1e9, allow_inf_nan=False)]
PerMonth = Annotated[int, Unit("per month"), Field(ge=0, le=10**12)]
UsdPerHour = Annotated[float, Unit("USD per hour"), Field(gt=0, le=1e6, allow_inf_nan=False)]
UsdPerGbMonth = Annotated[float, Unit("USD per GB and month"), Field(gt=0, le=1e6, allow_inf_nan=False)]


class Usage(Section):
    """How much the estate is used, as far as its bill depends on it; every figure is shown with the bill."""

    requests_per_day: Annotated[int, Unit("per day"), Field(ge=0, le=10**12)] = 100_000
    """Recommendations asked for a day, on both sites together."""
    training_hours: Annotated[float, Unit("hours per month"), Field(ge=0, le=730, allow_inf_nan=False)] = 40
    """Hours of a month in which pools for training have all their nodes; else they have the fewest."""
    busy_share: Share = 0.3
    """How far all other nodes are from their fewest to their most, on average."""
    spot_share: Share = 0.8
    """Part of the hours of a pool with fall-back that spot has nodes for."""
    nat_gb: GbPerMonth = 100
    """Through each NAT gateway: images, packages and whatever else the nodes fetch."""
    internet_gb: GbPerMonth = 10
    """Out of AWS through each NAT gateway."""
    link_gb: GbPerMonth = 50
    """Over the link out of AWS: releases, and answers where the other site asks."""
    arrivals_gb: Gb = 50
    """Stored in the bucket of arrivals."""
    releases_gb: Gb = 50
    """Stored in the bucket of releases, checkpoints included."""
    logs_gb: Gb = 100
    """Stored in the bucket of access and flow logs."""
    other_bucket_gb: Gb = 100
    """Stored in each bucket that is none of these three."""
    object_writes: PerMonth = 100_000
    """Writing and listing requests to each bucket."""
    object_reads: PerMonth = 1_000_000
    """Reading requests to each bucket."""
    image_gb: Gb = 20
    """Stored in each image repository."""
    log_gb: GbPerMonth = 20
    """Written to each log group."""
    flow_log_gb: GbPerMonth = 20
    """Delivered by each flow log."""
    key_requests: PerMonth = 1_000_000
    """Requests to each key of KMS."""
    queue_requests: PerMonth = 150_000
    """Requests to each queue of SQS. Karpenter asks its own every 20 seconds, 131,400 times a month
    (aws/karpenter-provider-aws@12a63f6, pkg/providers/sqs/sqs.go; 2026-11-29)."""
    secret_requests: PerMonth = 10_000
    """Requests to each secret of Secrets Manager that the estate makes."""
    private_object_gb: Gb = 500
    """Stored in each container of the private object store."""


class PriceBook(Section):
    """What the private cloud asks; what is absent is unpriced, and never 0."""

    flavour_hour: dict[str, UsdPerHour] = Field(default_factory=dict)
    """An hour of a flavour without its GPUs, by the flavour's name in the catalogue."""
    gpu_hour: dict[str, UsdPerHour] = Field(default_factory=dict)
    """An hour of one GPU, by its model in the catalogue, such as ``L4``."""
    volume_gb_month: UsdPerGbMonth | None = None
    """Block storage."""
    object_gb_month: UsdPerGbMonth | None = None
    """Object storage."""
    floating_ip_hour: UsdPerHour | None = None
    """A floating address."""
    load_balancer_hour: UsdPerHour | None = None
    """A load balancer."""


class CostSettings(Section):
    """What a review reckons with; nothing of it reaches a cloud."""

    usage: Usage = Usage()
    """How much the estate is used."""
    price_book: PriceBook = PriceBook()
    """What the private cloud asks for its machines and storage."""
