"""Budgets and their notifications."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from rehearsal.plugins.aws import calls
from rehearsal.plugins.aws.cloud import Cloud
from rehearsal.plugins.aws.resource_type import AwsType, Call, Update
from rehearsal.plugins.backend import Properties, Refused, Resource

_FORM = "%Y-%m-%d_%H:%M"


def _budget(inputs: Properties) -> Properties:
    budget: Properties = {
        "BudgetName": inputs["name"],
        "BudgetType": inputs["budgetType"],
        "TimeUnit": inputs["timeUnit"],
        "BudgetLimit": {"Amount": str(inputs["limitAmount"]), "Unit": inputs["limitUnit"]},
    }
    if inputs.get("costFilters"):
        budget["CostFilters"] = {entry["name"]: entry["values"] for entry in inputs["costFilters"]}
    if inputs.get("costTypes"):
        budget["CostTypes"] = {key[:1].upper() + key[1:]: value for key, value in inputs["costTypes"].items()}
    start, end = inputs.get("timePeriodStart"), inputs.get("timePeriodEnd")
    if start or end:
        period = {"Start": start, "End": end}
        budget["TimePeriod"] = {
            k: datetime.strptime(v, _FORM).replace(tzinfo=UTC) for k, v in period.items() if v
        }
    return budget


def _notifications(inputs: Properties) -> list[Properties]:
    return [
        {
            "Notification": {
                "NotificationType": notification["notificationType"],
                "ComparisonOperator": notification["comparisonOperator"],
                "Threshold": float(notification["threshold"]),
                "ThresholdType": notification["thresholdType"],
            },
            "Subscribers": [
                {"SubscriptionType": kind, "Address": address}
                for kind, key in (("EMAIL", "subscriberEmailAddresses"), ("SNS", "subscriberSnsTopicArns"))
                for address in notification.get(key) or []
            ],
        }
        for notification in inputs.get("notifications") or []
    ]


def _create(cloud: Cloud, resource: Resource) -> str:
    call = Call(
        "CreateBudget",
        {
            "AccountId": cloud.account,
            "Budget": _budget(resource.inputs),
            "NotificationsWithSubscribers": _notifications(resource.inputs) or None,
        },
    )
    calls.make(cloud, _BUDGET, call, cloud.context(resource, old={}))
    return f"{cloud.account}:{resource.inputs['name']}"


def _parts(resource: Resource) -> dict[str, str]:
    account, _, name = resource.id.partition(":")
    return {"AccountId": account, "BudgetName": name}


def _read(cloud: Cloud, resource: Resource) -> Any:
    it = cloud.find("budgets", "DescribeBudget", "Budget", **_parts(resource))
    if it is not None:
        notified = cloud.find(
            "budgets", "DescribeNotificationsForBudget", "Notifications", **_parts(resource)
        )
        it["Notifications"] = notified or []
        it["Amount"] = it["BudgetLimit"]["Amount"]
    return it


def _change(cloud: Cloud, old: Resource, new: Resource) -> None:
    """The stand-in has no UpdateBudget: validated, then made anew under the same name."""
    call = Call("UpdateBudget", {"AccountId": cloud.account, "NewBudget": _budget(new.inputs)}, recorded=True)
    calls.make(cloud, _BUDGET, call, cloud.context(new, old=old.inputs))
    cloud.send("budgets", "DeleteBudget", _parts(old))
    _create(cloud, new)


def _delete(cloud: Cloud, resource: Resource) -> None:
    cloud.send("budgets", "DeleteBudget", _parts(resource))


def _check(inputs: Properties) -> None:
    amount = inputs.get("limitAmount")
    if isinstance(amount, str):
        try:
            positive = float(amount) > 0
        except ValueError:
            positive = False
        if not positive:
            raise Refused(
                f"limitAmount is {amount!r}, and must be an amount above 0.", property="limitAmount"
            )


_JUDGED = Call(
    "CreateBudget",
    {
        "AccountId": "000000000000",
        "Budget": {
            "BudgetName": "$inputs.name",
            "BudgetType": "$inputs.budgetType",
            "TimeUnit": "$inputs.timeUnit",
            "BudgetLimit": {"Amount": "$inputs.limitAmount", "Unit": "$inputs.limitUnit"},
        },
    },
)
_BUDGET: AwsType = AwsType(
    type="aws:budgets/budget:Budget",
    service="budgets",
    create=_create,
    validated=(_JUDGED,),
    read=_read,
    delete=_delete,
    fields={"name": "", "budgetType": "", "timeUnit": ""},
    read_from={
        "name": "it.BudgetName",
        "limitAmount": "it.Amount",
        "limitUnit": "it.BudgetLimit.Unit",
        "costFilters": "",
        "costTypes": "",
        "timePeriodStart": "",
        "timePeriodEnd": "",
        "notifications": "",
    },
    local_only=("accountId", "tags"),
    outputs={"arn": "'arn:{partition}:budgets::{account}:budget/{inputs.name}'", "accountId": "account"},
    updates=(
        Update(
            (
                "budgetType",
                "timeUnit",
                "limitAmount",
                "limitUnit",
                "costFilters",
                "costTypes",
                "timePeriodStart",
                "timePeriodEnd",
                "notifications",
            ),
            _change,
            "UpdateBudget",
        ),
    ),
    autoname={"name": 100},
    unique_by=("name",),
    check=_check,
)

ROWS: tuple[AwsType, ...] = (_BUDGET,)
