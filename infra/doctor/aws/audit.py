"""What the account itself must have switched on: a trail, and tags that the bill knows."""

from __future__ import annotations

from collections.abc import Iterator

from infra.component_tag import COMPONENT
from infra.doctor.clouds import Clouds
from infra.naming import Naming
from infra.settings import Settings
from isthmus.settings.errors import Problem

BILLING_REGION = "us-east-1"
"""Cost Explorer has one endpoint, ce.us-east-1.amazonaws.com (botocore 1.44.8, data/ce)."""


def trail(_: Settings, clouds: Clouds) -> Iterator[Problem]:
    """Some trail of all regions logs."""
    client = clouds.aws("cloudtrail")
    trails = client.describe_trails(includeShadowTrails=True)["trailList"]
    for each in trails:
        if each.get("IsMultiRegionTrail") and client.get_trail_status(Name=each["TrailARN"])["IsLogging"]:
            return
    yield Problem(
        "CloudTrail",
        f"writes down no calls of all regions ({len(trails)} trails): `isthmus bootstrap STACK --up` makes "
        "one that does, or have your organisation's cover the account",
    )


def cost_tags(settings: Settings, clouds: Clouds) -> Iterator[Problem]:
    """The budget and the bill filter by tags, which count only once activated.

    A tag can be activated a day after the first resource has it, by the organisation's management account
    (``infra.bootstrap.cost_tags`` has the sources).
    """
    tags = [*Naming(settings.stack).tags, COMPONENT]
    answer = clouds.aws("ce", BILLING_REGION).list_cost_allocation_tags(TagKeys=tags)
    active = {each["TagKey"] for each in answer["CostAllocationTags"] if each["Status"] == "Active"}
    for tag in tags:
        if tag not in active:
            yield Problem(
                f"cost-allocation tag {tag}",
                "is not active, so that no bill and no budget knows it: a day after the first up set "
                "deploy.cost_tags and run `isthmus bootstrap STACK --up`, where this account pays its own "
                "bill; else the payer activates it (Billing, Cost allocation tags)",
            )


__all__ = ["cost_tags", "trail"]
