"""Instance profiles: a role in the form in which machines take it."""

from __future__ import annotations

from rehearsal.plugins.aws.cloud import Cloud
from rehearsal.plugins.aws.resource_type import AwsType, Call, ReadCall, Update
from rehearsal.plugins.aws.tagging import RecordedTagging
from rehearsal.plugins.backend import Resource


def _roles(cloud: Cloud, name: str) -> list[str]:
    path = "InstanceProfile.Roles[].RoleName"
    return list(cloud.find("iam", "GetInstanceProfile", path, InstanceProfileName=name) or [])


def _role(cloud: Cloud, _old: Resource, new: Resource) -> None:
    """It holds one role at most; another one takes its place."""
    wanted = new.inputs.get("role")
    name = {"InstanceProfileName": new.id}
    for role in _roles(cloud, new.id):
        if role != wanted:
            cloud.send("iam", "RemoveRoleFromInstanceProfile", {**name, "RoleName": role})
    if wanted and wanted not in _roles(cloud, new.id):
        cloud.send("iam", "AddRoleToInstanceProfile", {**name, "RoleName": wanted})


def _delete(cloud: Cloud, resource: Resource) -> None:
    name = {"InstanceProfileName": resource.id}
    for role in _roles(cloud, resource.id):
        cloud.send("iam", "RemoveRoleFromInstanceProfile", {**name, "RoleName": role})
    cloud.send("iam", "DeleteInstanceProfile", name)


ROWS: tuple[AwsType, ...] = (
    AwsType(
        type="aws:iam/instanceProfile:InstanceProfile",
        service="iam",
        create=Call("CreateInstanceProfile", {"InstanceProfileName": "$inputs.name", "Path": "$inputs.path"}),
        id="InstanceProfile.InstanceProfileName",
        read=ReadCall(Call("GetInstanceProfile", {"InstanceProfileName": "$id"}), "InstanceProfile"),
        delete=_delete,
        fields={"name": "InstanceProfileName"},
        read_from={"name": "it.InstanceProfileName", "role": "it.Roles[0].RoleName", "path": "it.Path"},
        outputs={"arn": "it.Arn", "uniqueId": "it.InstanceProfileId"},
        updates=(Update(("role",), _role),),
        after_create=("role",),
        autoname={"name": 128},
        unique_by=("name",),
        # moto 5.2.5 fails where it is asked for them.
        tags=RecordedTagging(
            "iam",
            {"InstanceProfileName": "$id"},
            "TagInstanceProfile",
            "UntagInstanceProfile",
            "ListInstanceProfileTags",
        ),
    ),
)
