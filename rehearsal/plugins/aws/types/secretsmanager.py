"""Secrets (their names and keys; the values never pass through a program)."""

from __future__ import annotations

from typing import Any

from rehearsal.plugins.aws.cloud import Cloud
from rehearsal.plugins.aws.resource_type import AwsType, Call, ReadCall, Update
from rehearsal.plugins.aws.tagging import Tagging
from rehearsal.plugins.backend import Resource


def _delete(cloud: Cloud, resource: Resource) -> None:
    days = {**resource.outputs, **resource.inputs}.get("recoveryWindowInDays", 30)
    how: dict[str, Any] = (
        {"RecoveryWindowInDays": int(days)} if days else {"ForceDeleteWithoutRecovery": True}
    )
    cloud.send("secretsmanager", "DeleteSecret", {"SecretId": resource.id, **how})


ROWS: tuple[AwsType, ...] = (
    AwsType(
        type="aws:secretsmanager/secret:Secret",
        service="secretsmanager",
        create=Call("CreateSecret", {}, spread=True),
        id="ARN",
        read=ReadCall(
            Call("DescribeSecret", {"SecretId": "$id"}),
            dead="DeletedDate != `null`",
            gone=("marked deleted",),
        ),
        delete=_delete,
        fields={"forceOverwriteReplicaSecret": "ForceOverwriteReplicaSecret"},
        local_only=("recoveryWindowInDays", "forceOverwriteReplicaSecret"),
        outputs={"arn": "id"},
        updates=(
            Update(
                ("description", "kmsKeyId"),
                Call(
                    "UpdateSecret",
                    {"SecretId": "$id", "Description": "$inputs.description", "KmsKeyId": "$inputs.kmsKeyId"},
                ),
            ),
        ),
        autoname={"name": 512},
        unique_by=("name",),
        tags=Tagging("secretsmanager", {"SecretId": "$id"}, "TagResource", "UntagResource", "DescribeSecret"),
    ),
)
