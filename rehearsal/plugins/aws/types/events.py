"""Rules of EventBridge on the account's own bus, and where they send what they match."""

from __future__ import annotations

from typing import Any

from rehearsal.plugins.aws.cloud import Cloud
from rehearsal.plugins.aws.resource_type import AwsType, Call, ReadCall, Update
from rehearsal.plugins.aws.tagging import by_arn
from rehearsal.plugins.backend import Resource

_PUT_RULE = Call(
    "PutRule",
    {
        "Name": "$inputs.name",
        "Description": "$inputs.description",
        "EventPattern": "$inputs.eventPattern",
        "ScheduleExpression": "$inputs.scheduleExpression",
        "State": "$inputs.state",
    },
)
_PUT_TARGET = Call(
    "PutTargets",
    {"Rule": "$inputs.rule", "Targets": [{"Id": "$inputs.targetId", "Arn": "$inputs.arn"}]},
)


def _read_target(cloud: Cloud, resource: Resource) -> Any:
    rule, _, id = resource.id.partition("-default-")
    targets = cloud.find("events", "ListTargetsByRule", "Targets", Rule=rule) or []
    found = next((each for each in targets if each["Id"] == id), None)
    return None if found is None else {**found, "Rule": rule}


ROWS: tuple[AwsType, ...] = (
    AwsType(
        type="aws:cloudwatch/eventRule:EventRule",
        service="events",
        create=_PUT_RULE,
        id="inputs.name",
        read=ReadCall(Call("DescribeRule", {"Name": "$id"})),
        delete=Call("DeleteRule", {"Name": "$id"}),
        fields={"name": "Name"},
        read_from={"name": "it.Name", "eventPattern": "it.EventPattern"},
        outputs={"arn": "it.Arn"},
        updates=(Update(("description", "eventPattern", "scheduleExpression", "state"), _PUT_RULE),),
        autoname={"name": 64},
        unique_by=("name",),
        tags=by_arn("events", "ResourceARN", form=("Key", "Value")),
    ),
    AwsType(
        type="aws:cloudwatch/eventTarget:EventTarget",
        service="events",
        create=_PUT_TARGET,
        # Terraform's id is of the same parts (internal/service/events/target.go; from memory, 2026-11-28).
        id="join('-default-', [inputs.rule, inputs.targetId])",
        read=_read_target,
        delete=Call("RemoveTargets", {"Rule": "$inputs.rule || outputs.rule", "Ids": ["$inputs.targetId"]}),
        fields={"rule": "Rule", "targetId": "Targets.Id"},
        read_from={"rule": "it.Rule", "targetId": "it.Id", "arn": "it.Arn"},
        updates=(Update(("arn",), _PUT_TARGET),),
        unique_by=("rule", "targetId"),
    ),
)
