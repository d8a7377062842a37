"""The tags by which the bill is read, activated."""

from __future__ import annotations

import pulumi
import pulumi_aws as aws

from infra.component_tag import COMPONENT
from infra.naming import Naming


def activate(name: str, naming: Naming, parent: pulumi.Resource) -> None:
    """Activate the tags that every resource of the estate has.

    Only an organisation's management account may, or an account that is in none
    (https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/custom-tags.html; 2026-11-28), and a tag can
    be activated up to 24 hours after the first resource has it (pulumi_aws 7, costexplorer.CostAllocationTag;
    2026-11-28): hence ``deploy.cost_tags``, which is false until then. A tag is the whole organisation's, so
    it stays active when a stack goes.
    """
    for tag in (*naming.tags, COMPONENT):
        aws.costexplorer.CostAllocationTag(
            f"{name}-{tag}",
            tag_key=tag,
            status="Active",
            opts=pulumi.ResourceOptions(parent=parent, retain_on_delete=True),
        )


__all__ = ["activate"]
