"""What the account itself must have switched on: a trail, and tags that the bill knows."""

from __future__ import annotations

from collections.abc import Iterator

from infra.doctor.clouds import Clouds
from infra.naming import Naming
from infra.settings import Settings
from isthmus.settings.errors import Problem

BILLING_REGION = "us-east-1"
"""Cost Explorer has one endpoint (docs.aws.amazon.com/general/latest/gr/billing.html: from memory)."""


def trail(_: Settings, clouds: Clouds) -> Iterator[Problem]:
    """Some trail of all regions logs."""
    client = clouds.aws("cloudtrail")
    trails = client.describe_trails(includeShadowTrails=True)["trailList"]
    for each in trails:
        if each.get("IsMultiRegionTrail") and client.get_trail_status(Name=each["TrailARN"])["IsLogging"]:
            return
    yield Problem(
        "CloudTrail",
        f"writes down no calls of all regions ({len(trails)} trails): make one that does (`aws cloudtrail "
        "create-trail --is-multi-region-trail`), or have your organisation's cover the account",
    )


def cost_tags(settings: Settings, clouds: Clouds) -> Iterator[Problem]:
    """The budget and the bill filter by tags, which count only once activated.

    A tag can be activated a day after the first resource has it, by the organisation's payer
    (https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/activating-tags.html: from memory).
    """
    tags = [*Naming(settings.stack).tags]
    answer = clouds.aws("ce", BILLING_REGION).list_cost_allocation_tags(TagKeys=tags)
    active = {each["TagKey"] for each in answer["CostAllocationTags"] if each["Status"] == "Active"}
    for tag in tags:
        if tag not in active:
            yield Problem(
                f"cost-allocation tag {tag}",
                "is not active, so that no bill and no budget knows it: activate it a day after the first up "
                "(Billing, Cost allocation tags; by the payer's account)",
            )


__all__ = ["cost_tags", "trail"]
