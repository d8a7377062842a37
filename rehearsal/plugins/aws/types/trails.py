"""CloudTrail's trails."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rehearsal.plugins.aws.cloud import Cloud
from rehearsal.plugins.aws.resource_type import AwsType, Call, Update
from rehearsal.plugins.aws.tagging import Tagging
from rehearsal.plugins.backend import Resource


class _Tags(Tagging):
    """CloudTrail lists the tags of several trails at once, and is told a tag to take by its key."""

    def bring(self, cloud: Cloud, resource: Resource, old: Mapping[str, str], new: Mapping[str, str]) -> None:
        gone = [{"Key": key} for key in sorted(old.keys() - new.keys())]
        changed = [{"Key": key, "Value": new[key]} for key in sorted(new) if old.get(key) != new[key]]
        for operation, tags in ((self.unset, gone), (self.set, changed)):
            if tags:
                cloud.send(self.service, operation, {"ResourceId": resource.id, "TagsList": tags})

    def read(self, cloud: Cloud, resource: Resource) -> dict[str, str]:
        at = "ResourceTagList[0].TagsList"
        found = cloud.find(self.service, self.get, at, ResourceIdList=[resource.id])
        return {each["Key"]: each["Value"] for each in found or []}


def _read(cloud: Cloud, resource: Resource) -> Any:
    it = cloud.find("cloudtrail", "GetTrail", "Trail", Name=resource.id)
    if it is not None:
        it |= cloud.send("cloudtrail", "GetTrailStatus", {"Name": resource.id})
    return it


def _log(cloud: Cloud, _old: Resource, new: Resource) -> None:
    logs = new.inputs.get("enableLogging") is not False
    cloud.send("cloudtrail", "StartLogging" if logs else "StopLogging", {"Name": new.id})


def _arn(cloud: Cloud, name: str) -> str:
    """A trail's id is its ARN; it is imported by either."""
    return str(cloud.send("cloudtrail", "GetTrail", {"Name": name})["Trail"]["TrailARN"])


_CHANGED = (
    "s3BucketName",
    "kmsKeyId",
    "isMultiRegionTrail",
    "includeGlobalServiceEvents",
    "enableLogFileValidation",
)

ROWS: tuple[AwsType, ...] = (
    AwsType(
        type="aws:cloudtrail/trail:Trail",
        service="cloudtrail",
        create=Call("CreateTrail", {}, spread=True),
        id="TrailARN",
        read=_read,
        # moto knows a trail that is to go by its name alone.
        delete=Call("DeleteTrail", {"Name": "$inputs.name"}),
        fields={"enableLogging": ""},
        read_from={
            "enableLogging": "it.IsLogging",
            "enableLogFileValidation": "it.LogFileValidationEnabled",
        },
        defaults={"enableLogging": True, "includeGlobalServiceEvents": True},
        outputs={"arn": "it.TrailARN", "homeRegion": "region"},
        updates=(
            Update(
                _CHANGED,
                Call(
                    "UpdateTrail",
                    {"Name": "$inputs.name"}
                    | {f"{key[:1].upper()}{key[1:]}": f"$inputs.{key}" for key in _CHANGED},
                ),
            ),
            Update(("enableLogging",), _log),
        ),
        after_create=("enableLogging",),
        autoname={"name": 128},
        unique_by=("name",),
        imported=_arn,
        tags=_Tags("cloudtrail", {}, "AddTags", "RemoveTags", "ListTags"),
    ),
)
