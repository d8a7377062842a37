"""The table: every resource type that the rehearsal knows of AWS, one row each, in files by service."""

from __future__ import annotations

from rehearsal.plugins.aws.resource_type import AwsType, Call
from rehearsal.plugins.aws.types import (
    alarms,
    budgets,
    cost_tags,
    ecr,
    eks,
    events,
    iam,
    instance_profiles,
    kms,
    launch_templates,
    logs,
    network,
    s3,
    security_groups,
    sqs,
    trails,
    transit,
    vpn,
)

_MODULES = (
    network,
    security_groups,
    launch_templates,
    vpn,
    transit,
    kms,
    s3,
    ecr,
    iam,
    eks,
    logs,
    alarms,
    budgets,
    trails,
    cost_tags,
    instance_profiles,
    sqs,
    events,
)
ROWS: dict[str, AwsType] = {row.type: row for module in _MODULES for row in module.ROWS}


def recorded_types() -> dict[str, str]:
    """Types (or parts of types) that no service of the stand-in holds: token -> what is only recorded."""
    found: dict[str, str] = {}
    for row in ROWS.values():
        if row.recorded:
            found[row.type] = "all of it"
        else:
            calls = [u.recorded for u in row.updates if u.recorded]
            calls += [u.how.operation for u in row.updates if isinstance(u.how, Call) and u.how.recorded]
            if calls:
                found[row.type] = "changes by " + ", ".join(sorted(set(calls)))
    return found


__all__ = ["ROWS", "recorded_types"]
