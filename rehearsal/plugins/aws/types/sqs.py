"""Queues and who may write into them: attributes of one map, all of them texts."""

from __future__ import annotations

from typing import Any

from rehearsal.plugins.aws.cloud import Cloud
from rehearsal.plugins.aws.resource_type import AwsType, Call, Update
from rehearsal.plugins.aws.tagging import Tagging
from rehearsal.plugins.backend import Resource

# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html
_NUMBERS = {
    "delaySeconds": "DelaySeconds",
    "maxMessageSize": "MaximumMessageSize",
    "messageRetentionSeconds": "MessageRetentionPeriod",
    "receiveWaitTimeSeconds": "ReceiveMessageWaitTimeSeconds",
    "visibilityTimeoutSeconds": "VisibilityTimeout",
}
_ENCRYPTED = "sqsManagedSseEnabled"


def _attributes(resource: Resource) -> dict[str, str]:
    inputs = resource.inputs
    told = {theirs: inputs[ours] for ours, theirs in _NUMBERS.items() if inputs.get(ours) is not None}
    found = {name: str(int(value)) for name, value in told.items()}
    if (encrypted := inputs.get(_ENCRYPTED)) is not None:
        found["SqsManagedSseEnabled"] = str(bool(encrypted)).lower()
    return found


def _create(cloud: Cloud, resource: Resource) -> str:
    asked = {"QueueName": resource.inputs["name"], "Attributes": _attributes(resource)}
    return str(cloud.send("sqs", "CreateQueue", asked)["QueueUrl"])


def _change(cloud: Cloud, _old: Resource, new: Resource) -> None:
    cloud.send("sqs", "SetQueueAttributes", {"QueueUrl": new.id, "Attributes": _attributes(new)})


def _found(cloud: Cloud, url: str) -> dict[str, Any] | None:
    """All attributes of a queue; None where it is gone, by whatever name the service says so."""
    name = url.rpartition("/")[2]
    listed = cloud.find("sqs", "ListQueues", "QueueUrls", QueueNamePrefix=name) or []
    if not any(one.rpartition("/")[2] == name for one in listed):
        return None
    found: dict[str, Any] = cloud.find(
        "sqs", "GetQueueAttributes", "Attributes", QueueUrl=url, AttributeNames=["All"]
    )
    return found


def _read(cloud: Cloud, resource: Resource) -> Any:
    found = _found(cloud, resource.id)
    if found is None:
        return None
    numbers = {ours: int(found[theirs]) for ours, theirs in _NUMBERS.items() if theirs in found}
    encrypted = str(found.get("SqsManagedSseEnabled", "true")).lower() == "true"
    return {
        **numbers,
        _ENCRYPTED: encrypted,
        "name": found["QueueArn"].rpartition(":")[2],
        "arn": found["QueueArn"],
    }


def _set_policy(cloud: Cloud, resource: Resource) -> str:
    url = str(resource.inputs["queueUrl"])
    cloud.send(
        "sqs", "SetQueueAttributes", {"QueueUrl": url, "Attributes": {"Policy": resource.inputs["policy"]}}
    )
    return url


def _read_policy(cloud: Cloud, resource: Resource) -> Any:
    found = _found(cloud, resource.id)
    if not found or not found.get("Policy"):
        return None
    return {"queueUrl": resource.id, "policy": found["Policy"]}


def _delete_policy(cloud: Cloud, resource: Resource) -> None:
    if _found(cloud, resource.id) is not None:
        cloud.send("sqs", "SetQueueAttributes", {"QueueUrl": resource.id, "Attributes": {"Policy": ""}})


def _change_policy(cloud: Cloud, _old: Resource, new: Resource) -> None:
    _set_policy(cloud, new)


ROWS: tuple[AwsType, ...] = (
    AwsType(
        type="aws:sqs/queue:Queue",
        service="sqs",
        create=_create,
        validated=(Call("CreateQueue", {"QueueName": "$inputs.name"}),),
        read=_read,
        delete=Call("DeleteQueue", {"QueueUrl": "$id"}),
        fields={"name": "QueueName"},
        read_from={each: f"it.{each}" for each in ("name", *_NUMBERS, _ENCRYPTED)},
        outputs={"arn": "it.arn", "url": "id"},
        updates=(Update((*_NUMBERS, _ENCRYPTED), _change),),
        autoname={"name": 80},
        unique_by=("name",),
        tags=Tagging("sqs", {"QueueUrl": "$id"}, "TagQueue", "UntagQueue", "ListQueueTags", form="map"),
    ),
    AwsType(
        type="aws:sqs/queuePolicy:QueuePolicy",
        service="sqs",
        create=_set_policy,
        read=_read_policy,
        delete=_delete_policy,
        fields={"queueUrl": "QueueUrl"},
        read_from={"queueUrl": "it.queueUrl", "policy": "it.policy"},
        updates=(Update(("policy",), _change_policy),),
        unique_by=("queueUrl",),
    ),
)
