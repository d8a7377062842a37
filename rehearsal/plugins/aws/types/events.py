"""EventBridge rules and their targets."""

from __future__ import annotations

from typing import Any

from rehearsal.plugins.aws.cloud import Cloud
from rehearsal.plugins.aws.resource_type import AwsType, Call, ReadCall, Update
from rehearsal.plugins.aws.tagging import by_arn
from rehearsal.plugins.backend import Properties, Refused, Resource

_BUS = "$inputs.eventBusName || outputs.eventBusName || 'default'"
_PUT_RULE = Call("PutRule", {"EventBusName": _BUS}, spread=True)
_TARGET_KEYS = {
    "arn": "Arn",
    "targetId": "Id",
    "input": "Input",
    "inputPath": "InputPath",
    "roleArn": "RoleArn",
    "deadLetterConfig": "DeadLetterConfig",
    "retryPolicy": "RetryPolicy",
    "sqsTarget": "SqsParameters",
}
_PUT_TARGETS = Call(
    "PutTargets",
    {
        "Rule": "$inputs.rule",
        "EventBusName": _BUS,
        "Targets": [{name: f"$inputs.{key}" for key, name in _TARGET_KEYS.items()}],
    },
)


def _check_rule(inputs: Properties) -> None:
    if inputs.get("eventPattern") is None and inputs.get("scheduleExpression") is None:
        raise Refused("A rule needs an eventPattern or a scheduleExpression.")


def _read_target(cloud: Cloud, resource: Resource) -> Any:
    known = {**resource.outputs, **resource.inputs}
    if not known.get("rule"):
        rule, _, target = resource.id.rpartition("-")
        known = {"rule": rule, "targetId": target}
    found = cloud.find(
        "events",
        "ListTargetsByRule",
        "Targets",
        Rule=known["rule"],
        EventBusName=known.get("eventBusName") or "default",
    )
    return next((target for target in found or [] if target["Id"] == known["targetId"]), None)


def _delete_rule(cloud: Cloud, resource: Resource) -> None:
    bus = resource.inputs.get("eventBusName") or "default"
    call: dict[str, Any] = {"Name": resource.id.rpartition("/")[2], "EventBusName": bus}
    if resource.inputs.get("forceDestroy"):
        found = cloud.find("events", "ListTargetsByRule", "Targets[].Id", Rule=call["Name"], EventBusName=bus)
        if found:
            cloud.send("events", "RemoveTargets", {"Rule": call["Name"], "EventBusName": bus, "Ids": found})
    cloud.send("events", "DeleteRule", call)


ROWS: tuple[AwsType, ...] = (
    AwsType(
        type="aws:cloudwatch/eventRule:EventRule",
        service="events",
        create=_PUT_RULE,
        id="inputs.name",
        read=ReadCall(Call("DescribeRule", {"Name": "$id", "EventBusName": _BUS})),
        delete=_delete_rule,
        fields={"eventBusName": "EventBusName"},
        local_only=("forceDestroy", "isEnabled"),
        outputs={"arn": "it.Arn", "eventBusName": "it.EventBusName", "state": "it.State"},
        defaults={"eventBusName": "default"},
        updates=(
            Update(("description", "eventPattern", "scheduleExpression", "roleArn", "state"), _PUT_RULE),
        ),
        autoname={"name": 64},
        unique_by=("name", "eventBusName"),
        tags=by_arn("events", "ResourceARN", form=("Key", "Value")),
        check=_check_rule,
    ),
    AwsType(
        type="aws:cloudwatch/eventTarget:EventTarget",
        service="events",
        create=_PUT_TARGETS,
        id="join('-', [inputs.rule, inputs.targetId])",
        read=_read_target,
        delete=Call(
            "RemoveTargets",
            {
                "Rule": "$inputs.rule || outputs.rule",
                "EventBusName": _BUS,
                "Ids": ["$inputs.targetId || outputs.targetId"],
            },
        ),
        fields={"rule": "", "eventBusName": "", **dict.fromkeys(_TARGET_KEYS, "")},
        read_from={
            "rule": "",
            "eventBusName": "",
            "targetId": "it.Id",
            "input": "it.Input",
            "sqsTarget": "it.SqsParameters",
        },
        local_only=("forceDestroy",),
        defaults={"eventBusName": "default"},
        updates=(Update(tuple(key for key in _TARGET_KEYS if key != "targetId"), _PUT_TARGETS),),
        autoname={"targetId": 64},
        unique_by=("rule", "targetId"),
    ),
)
