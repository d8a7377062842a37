"""CloudWatch alarms: one call makes and changes them."""

from __future__ import annotations

from typing import Any

from rehearsal.plugins.aws import calls
from rehearsal.plugins.aws.cloud import Cloud
from rehearsal.plugins.aws.resource_type import AwsType, Call, ReadCall, Update
from rehearsal.plugins.aws.tagging import by_arn
from rehearsal.plugins.backend import Properties, Refused, Resource

# https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
_MISSING = ("breaching", "notBreaching", "ignore", "missing")
_PERIODS = (10, 20, 30)
_PARAMETERS = {
    "actionsEnabled": "ActionsEnabled",
    "alarmActions": "AlarmActions",
    "alarmDescription": "AlarmDescription",
    "comparisonOperator": "ComparisonOperator",
    "datapointsToAlarm": "DatapointsToAlarm",
    "evaluationPeriods": "EvaluationPeriods",
    "insufficientDataActions": "InsufficientDataActions",
    "metricName": "MetricName",
    "namespace": "Namespace",
    "okActions": "OKActions",
    "period": "Period",
    "statistic": "Statistic",
    "threshold": "Threshold",
    "treatMissingData": "TreatMissingData",
    "unit": "Unit",
}


def _put(cloud: Cloud, resource: Resource) -> None:
    dimensions = [
        {"Name": name, "Value": value} for name, value in (resource.inputs.get("dimensions") or {}).items()
    ]
    calls.make(cloud, _ALARM, _PUT, cloud.context(resource, old={}, dimensions=dimensions or None))


def _create(cloud: Cloud, resource: Resource) -> str:
    _put(cloud, resource)
    return str(resource.inputs["name"])


def _change(cloud: Cloud, _old: Resource, new: Resource) -> None:
    _put(cloud, new)


def _check(inputs: Properties) -> None:
    missing, period = inputs.get("treatMissingData"), inputs.get("period")
    if isinstance(missing, str) and missing not in _MISSING:
        raise Refused(
            f"treatMissingData is {missing}, and must be one of {', '.join(_MISSING)}.",
            property="treatMissingData",
        )
    if isinstance(period, (int, float)) and period not in _PERIODS and (period < 60 or period % 60):
        raise Refused(f"period is {period}, and must be 10, 20, 30 or a multiple of 60.", property="period")


_PUT: Any = Call(
    "PutMetricAlarm",
    {
        "AlarmName": "$inputs.name",
        "Dimensions": "$dimensions",
        **{theirs: f"$inputs.{ours}" for ours, theirs in _PARAMETERS.items()},
    },
)
_ALARM: AwsType = AwsType(
    type="aws:cloudwatch/metricAlarm:MetricAlarm",
    service="cloudwatch",
    create=_create,
    validated=(
        Call(
            "PutMetricAlarm",
            {
                "AlarmName": "$inputs.name",
                **{theirs: f"$inputs.{ours}" for ours, theirs in _PARAMETERS.items()},
            },
        ),
    ),
    read=ReadCall(Call("DescribeAlarms", {"AlarmNames": ["$id"]}), "MetricAlarms[0]"),
    delete=Call("DeleteAlarms", {"AlarmNames": ["$id"]}),
    fields={"name": "AlarmName"},
    read_from={
        "name": "it.AlarmName",
        "dimensions": "",
        **{ours: f"it.{theirs}" for ours, theirs in _PARAMETERS.items() if ours != "unit"},
        "unit": "",
    },
    outputs={"arn": "it.AlarmArn"},
    updates=(Update((*_PARAMETERS, "dimensions"), _change),),
    autoname={"name": 255},
    unique_by=("name",),
    tags=by_arn("cloudwatch", "ResourceARN", form=("Key", "Value")),
    check=_check,
)

ROWS: tuple[AwsType, ...] = (_ALARM,)
