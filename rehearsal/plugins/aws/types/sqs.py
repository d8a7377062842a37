"""Queues."""

from __future__ import annotations

from typing import Any

from rehearsal.plugins.aws.cloud import Cloud
from rehearsal.plugins.aws.resource_type import AwsType, Call, Update
from rehearsal.plugins.aws.tagging import Tagging
from rehearsal.plugins.backend import Resource

_ATTRIBUTES = {
    "contentBasedDeduplication": "ContentBasedDeduplication",
    "deduplicationScope": "DeduplicationScope",
    "delaySeconds": "DelaySeconds",
    "fifoThroughputLimit": "FifoThroughputLimit",
    "kmsDataKeyReusePeriodSeconds": "KmsDataKeyReusePeriodSeconds",
    "kmsMasterKeyId": "KmsMasterKeyId",
    "maxMessageSize": "MaximumMessageSize",
    "messageRetentionSeconds": "MessageRetentionPeriod",
    "policy": "Policy",
    "receiveWaitTimeSeconds": "ReceiveMessageWaitTimeSeconds",
    "redriveAllowPolicy": "RedriveAllowPolicy",
    "redrivePolicy": "RedrivePolicy",
    "sqsManagedSseEnabled": "SqsManagedSseEnabled",
    "visibilityTimeoutSeconds": "VisibilityTimeout",
}


# One call with all of them: the stand-in forgets what a call does not name.
_SET = Call(
    "SetQueueAttributes",
    {"QueueUrl": "$id", "Attributes": {name: f"$inputs.{key}" for key, name in _ATTRIBUTES.items()}},
)


def _read(cloud: Cloud, resource: Resource) -> Any:
    found = cloud.find(
        "sqs", "GetQueueAttributes", "Attributes", QueueUrl=resource.id, AttributeNames=["All"]
    )
    return None if found is None else {**found, "Name": found["QueueArn"].rpartition(":")[2]}


ROWS: tuple[AwsType, ...] = (
    AwsType(
        type="aws:sqs/queue:Queue",
        service="sqs",
        create=Call(
            "CreateQueue",
            {
                "Attributes": {
                    name: f"$inputs.{key}" for key, name in {**_ATTRIBUTES, "fifoQueue": "FifoQueue"}.items()
                }
            },
            spread=True,
        ),
        id="QueueUrl",
        read=_read,
        delete=Call("DeleteQueue", {"QueueUrl": "$id"}),
        fields={"name": "QueueName", "fifoQueue": "", **dict.fromkeys(_ATTRIBUTES, "")},
        read_from={
            "name": "it.Name",
            "fifoQueue": "",
            **{key: f"it.{name}" for key, name in _ATTRIBUTES.items()},
        },
        outputs={"arn": "it.QueueArn", "url": "id"},
        updates=(Update(tuple(_ATTRIBUTES), _SET),),
        autoname={"name": 80},
        unique_by=("name",),
        tags=Tagging("sqs", {"QueueUrl": "$id"}, "TagQueue", "UntagQueue", "ListQueueTags", form="map"),
    ),
)
