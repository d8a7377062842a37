"""KMS keys and aliases."""

from __future__ import annotations

from typing import Any

from rehearsal.plugins.aws.cloud import Cloud
from rehearsal.plugins.aws.resource_type import AwsType, Call, Update
from rehearsal.plugins.aws.tagging import Tagging
from rehearsal.plugins.backend import Resource


def _read_key(cloud: Cloud, resource: Resource) -> Any:
    it = cloud.find("kms", "DescribeKey", "KeyMetadata", KeyId=resource.id)
    if it is None or it["KeyState"] == "PendingDeletion":
        return None
    it["Policy"] = cloud.find("kms", "GetKeyPolicy", "Policy", KeyId=resource.id, PolicyName="default")
    if it["KeySpec"] == "SYMMETRIC_DEFAULT":
        it["Rotation"] = cloud.send("kms", "GetKeyRotationStatus", {"KeyId": resource.id})
    return it


def _rotate(cloud: Cloud, _old: Resource, new: Resource) -> None:
    if not new.inputs.get("enableKeyRotation"):
        cloud.send("kms", "DisableKeyRotation", {"KeyId": new.id})
        return
    days = new.inputs.get("rotationPeriodInDays")
    call = {"KeyId": new.id, **({"RotationPeriodInDays": int(days)} if days else {})}
    cloud.send("kms", "EnableKeyRotation", call)


def _enable(cloud: Cloud, _old: Resource, new: Resource) -> None:
    cloud.send(
        "kms", "DisableKey" if new.inputs.get("isEnabled") is False else "EnableKey", {"KeyId": new.id}
    )


def _read_alias(cloud: Cloud, resource: Resource) -> Any:
    aliases = cloud.send("kms", "ListAliases", {"Limit": 1000})["Aliases"]
    found = next((alias for alias in aliases if alias["AliasName"] == resource.id), None)
    if found is None:
        return None
    found["Target"] = cloud.find("kms", "DescribeKey", "KeyMetadata.[KeyId, Arn]", KeyId=found["TargetKeyId"])
    # The program may name the key by id or by ARN; what it named stands while it is the same key.
    asked = (resource.inputs or {}).get("targetKeyId")
    found["Asked"] = asked if asked in found["Target"] else found["Target"][0]
    return found


ROWS: tuple[AwsType, ...] = (
    AwsType(
        type="aws:kms/key:Key",
        service="kms",
        create=Call("CreateKey", {}, spread=True),
        id="KeyMetadata.KeyId",
        read=_read_key,
        delete=Call(
            "ScheduleKeyDeletion",
            {"KeyId": "$id", "PendingWindowInDays": "$inputs.deletionWindowInDays || `30`"},
        ),
        fields={
            "customerMasterKeySpec": "KeySpec",
            "bypassPolicyLockoutSafetyCheck": "BypassPolicyLockoutSafetyCheck",
        },
        read_from={
            "customerMasterKeySpec": "it.KeySpec",
            "enableKeyRotation": "it.Rotation.KeyRotationEnabled",
            "rotationPeriodInDays": "it.Rotation.RotationPeriodInDays",
            "isEnabled": "it.Enabled",
        },
        local_only=("deletionWindowInDays", "bypassPolicyLockoutSafetyCheck"),
        outputs={"arn": "it.Arn", "keyId": "it.KeyId", "policy": "it.Policy", "keyUsage": "it.KeyUsage"},
        updates=(
            Update(
                ("description",),
                Call("UpdateKeyDescription", {"KeyId": "$id", "Description": "$inputs.description || ''"}),
            ),
            Update(
                ("policy",),
                Call("PutKeyPolicy", {"KeyId": "$id", "PolicyName": "default", "Policy": "$inputs.policy"}),
            ),
            Update(("enableKeyRotation", "rotationPeriodInDays"), _rotate),
            Update(("isEnabled",), _enable),
        ),
        after_create=("enableKeyRotation", "isEnabled"),
        tags=Tagging(
            "kms",
            {"KeyId": "$id"},
            "TagResource",
            "UntagResource",
            "ListResourceTags",
            form=("TagKey", "TagValue"),
        ),
    ),
    AwsType(
        type="aws:kms/alias:Alias",
        service="kms",
        create=Call("CreateAlias", {}, spread=True),
        id="inputs.name",
        read=_read_alias,
        delete=Call("DeleteAlias", {"AliasName": "$id"}),
        fields={"name": "AliasName"},
        read_from={"name": "it.AliasName", "targetKeyId": "it.Asked"},
        outputs={
            "arn": "'arn:{partition}:kms:{region}:{account}:{id}'",
            "targetKeyArn": "it.Target[1]",
            "targetKeyId": "it.Target[0]",
        },
        updates=(
            Update(
                ("targetKeyId",),
                Call("UpdateAlias", {"AliasName": "$id", "TargetKeyId": "$inputs.targetKeyId"}),
            ),
        ),
        unique_by=("name",),
    ),
)
