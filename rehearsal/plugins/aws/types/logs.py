"""CloudWatch log groups."""

from __future__ import annotations

from typing import Any

from rehearsal.plugins.aws.cloud import Cloud
from rehearsal.plugins.aws.resource_type import AwsType, Call, Update
from rehearsal.plugins.aws.tagging import by_arn
from rehearsal.plugins.backend import Properties, Refused, Resource

# https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
_DAYS = (
    0,
    1,
    3,
    5,
    7,
    14,
    30,
    60,
    90,
    120,
    150,
    180,
    365,
    400,
    545,
    731,
    1096,
    1827,
    2192,
    2557,
    2922,
    3288,
    3653,
)


def _read(cloud: Cloud, resource: Resource) -> Any:
    groups = cloud.find("logs", "DescribeLogGroups", "logGroups", logGroupNamePrefix=resource.id)
    return next((group for group in groups or [] if group["logGroupName"] == resource.id), None)


def _retain(cloud: Cloud, old: Resource, new: Resource) -> None:
    days = new.inputs.get("retentionInDays")
    if days:
        cloud.send("logs", "PutRetentionPolicy", {"logGroupName": new.id, "retentionInDays": int(days)})
    elif old.inputs.get("retentionInDays"):
        cloud.send("logs", "DeleteRetentionPolicy", {"logGroupName": new.id})


def _check(inputs: Properties) -> None:
    days = inputs.get("retentionInDays")
    if isinstance(days, (int, float)) and days not in _DAYS:
        allowed = ", ".join(map(str, _DAYS))
        raise Refused(f"retentionInDays is {days}, and must be one of {allowed}.", property="retentionInDays")


def _delete(cloud: Cloud, resource: Resource) -> None:
    if not (resource.inputs.get("skipDestroy") or resource.outputs.get("skipDestroy")):
        cloud.send("logs", "DeleteLogGroup", {"logGroupName": resource.id})


ROWS: tuple[AwsType, ...] = (
    AwsType(
        type="aws:cloudwatch/logGroup:LogGroup",
        service="logs",
        create=Call("CreateLogGroup", {}, spread=True),
        id="inputs.name",
        read=_read,
        delete=_delete,
        fields={"name": "logGroupName", "retentionInDays": ""},
        read_from={"name": "it.logGroupName", "retentionInDays": "it.retentionInDays", "logGroupClass": ""},
        local_only=("skipDestroy",),
        # DescribeLogGroups ends the ARN with ":*"; the one that other services take has no such end.
        outputs={"arn": "'arn:{partition}:logs:{region}:{account}:log-group:{id}'"},
        updates=(
            Update(("retentionInDays",), _retain),
            Update(
                ("kmsKeyId",),
                Call(
                    "AssociateKmsKey", {"logGroupName": "$id", "kmsKeyId": "$inputs.kmsKeyId"}, recorded=True
                ),
            ),
        ),
        after_create=("retentionInDays",),
        autoname={"name": 512},
        unique_by=("name",),
        tags=by_arn("logs", "resourceArn", tags="tags", keys="tagKeys", at="tags"),
        check=_check,
    ),
)
