"""Roles with their policies, the identity provider of a cluster."""

from __future__ import annotations

from typing import Any

from rehearsal.plugins.aws import calls
from rehearsal.plugins.aws.cloud import Cloud
from rehearsal.plugins.aws.resource_type import AwsType, Call, ReadCall, Update
from rehearsal.plugins.aws.tagging import iam
from rehearsal.plugins.backend import Resource


def _detach_and_delete(cloud: Cloud, resource: Resource) -> None:
    """A role goes only when nothing hangs on it; forceDetachPolicies takes off what others put there."""
    role = {"RoleName": resource.id}
    inputs = {**resource.outputs, **resource.inputs}
    forced = inputs.get("forceDetachPolicies")
    attached = cloud.find("iam", "ListAttachedRolePolicies", "AttachedPolicies[].PolicyArn", **role) or []
    for arn in attached if forced else set(attached) & set(inputs.get("managedPolicyArns") or []):
        cloud.send("iam", "DetachRolePolicy", {**role, "PolicyArn": arn})
    inline = cloud.find("iam", "ListRolePolicies", "PolicyNames", **role) or []
    own = {policy.get("name") for policy in inputs.get("inlinePolicies") or []}
    for name in inline if forced else set(inline) & own:
        cloud.send("iam", "DeleteRolePolicy", {**role, "PolicyName": name})
    cloud.send("iam", "DeleteRole", role)


def _managed(cloud: Cloud, old: Resource, new: Resource) -> None:
    before, after = (set(r.inputs.get("managedPolicyArns") or []) for r in (old, new))
    for arn in before - after:
        cloud.send("iam", "DetachRolePolicy", {"RoleName": new.id, "PolicyArn": arn})
    for arn in after - before:
        cloud.send("iam", "AttachRolePolicy", {"RoleName": new.id, "PolicyArn": arn})


def _inline(cloud: Cloud, old: Resource, new: Resource) -> None:
    before, after = (
        {p["name"]: p["policy"] for p in r.inputs.get("inlinePolicies") or [] if p.get("name")}
        for r in (old, new)
    )
    for name in before.keys() - after.keys():
        cloud.send("iam", "DeleteRolePolicy", {"RoleName": new.id, "PolicyName": name})
    for name, policy in after.items():
        if before.get(name) != policy:
            cloud.send(
                "iam", "PutRolePolicy", {"RoleName": new.id, "PolicyName": name, "PolicyDocument": policy}
            )


def _boundary(cloud: Cloud, _old: Resource, new: Resource) -> None:
    if arn := new.inputs.get("permissionsBoundary"):
        cloud.send("iam", "PutRolePermissionsBoundary", {"RoleName": new.id, "PermissionsBoundary": arn})
    else:
        cloud.send("iam", "DeleteRolePermissionsBoundary", {"RoleName": new.id})


def _read_role_policy(cloud: Cloud, resource: Resource) -> Any:
    role, _, name = resource.id.partition(":")
    return cloud.find("iam", "GetRolePolicy", "@", RoleName=role, PolicyName=name)


def _attached(cloud: Cloud, resource: Resource) -> Any:
    role, _, arn = resource.id.partition("/")
    found = cloud.find("iam", "ListAttachedRolePolicies", "AttachedPolicies[].PolicyArn", RoleName=role)
    return {"Role": role, "PolicyArn": arn} if arn in (found or []) else None


def _audiences(cloud: Cloud, old: Resource, new: Resource) -> None:
    """As terraform-provider-aws does it (iam/openid_connect_provider.go, 2026-11-28)."""
    before, after = (set(each.inputs.get("clientIdLists") or []) for each in (old, new))
    for operation, ids in (
        ("AddClientIDToOpenIDConnectProvider", after - before),
        ("RemoveClientIDFromOpenIDConnectProvider", before - after),
    ):
        for id in sorted(ids):
            call = Call(operation, {"OpenIDConnectProviderArn": "$id", "ClientID": id}, recorded=True)
            calls.make(cloud, _OPEN_ID, call, cloud.context(new, old=old.inputs))


_OPEN_ID: AwsType = AwsType(
    type="aws:iam/openIdConnectProvider:OpenIdConnectProvider",
    service="iam",
    create=Call("CreateOpenIDConnectProvider", {}, spread=True),
    id="OpenIDConnectProviderArn",
    read=ReadCall(Call("GetOpenIDConnectProvider", {"OpenIDConnectProviderArn": "$id"})),
    delete=Call("DeleteOpenIDConnectProvider", {"OpenIDConnectProviderArn": "$id"}),
    fields={"url": "Url", "clientIdLists": "ClientIDList", "thumbprintLists": "ThumbprintList"},
    # IAM answers the address without its scheme.
    read_from={
        "url": "join('', ['https://', it.Url])",
        "clientIdLists": "inputs.clientIdLists || it.ClientIDList",
        "thumbprintLists": "it.ThumbprintList",
    },
    outputs={"arn": "id"},
    updates=(
        Update(("clientIdLists",), _audiences, "AddClientIDToOpenIDConnectProvider"),
        Update(
            ("thumbprintLists",),
            Call(
                "UpdateOpenIDConnectProviderThumbprint",
                {"OpenIDConnectProviderArn": "$id", "ThumbprintList": "$inputs.thumbprintLists"},
            ),
        ),
    ),
    unique_by=("url",),
    tags=iam("OpenIDConnectProvider", "OpenIDConnectProviderArn", "$id", get="ListOpenIDConnectProviderTags"),
)

ROWS: tuple[AwsType, ...] = (
    AwsType(
        type="aws:iam/role:Role",
        service="iam",
        create=Call("CreateRole", {}, spread=True),
        id="Role.RoleName",
        read=ReadCall(Call("GetRole", {"RoleName": "$id"}), "Role"),
        delete=_detach_and_delete,
        fields={
            "name": "RoleName",
            "assumeRolePolicy": "AssumeRolePolicyDocument",
            "managedPolicyArns": "",
            "inlinePolicies": "",
        },
        read_from={
            "name": "it.RoleName",
            "assumeRolePolicy": "it.AssumeRolePolicyDocument",
            "permissionsBoundary": "it.PermissionsBoundary.PermissionsBoundaryArn",
            "managedPolicyArns": "",
            "inlinePolicies": "",
        },
        local_only=("forceDetachPolicies",),
        outputs={"arn": "it.Arn", "uniqueId": "it.RoleId", "createDate": "it.CreateDate", "path": "it.Path"},
        updates=(
            Update(
                ("assumeRolePolicy",),
                Call(
                    "UpdateAssumeRolePolicy",
                    {"RoleName": "$id", "PolicyDocument": "$inputs.assumeRolePolicy"},
                ),
            ),
            Update(
                ("description", "maxSessionDuration"),
                Call(
                    "UpdateRole",
                    {
                        "RoleName": "$id",
                        "Description": "$inputs.description || ''",
                        "MaxSessionDuration": "$inputs.maxSessionDuration",
                    },
                ),
            ),
            Update(("permissionsBoundary",), _boundary),
            Update(("managedPolicyArns",), _managed),
            Update(("inlinePolicies",), _inline),
        ),
        after_create=("managedPolicyArns", "inlinePolicies"),
        autoname={"name": 64},
        unique_by=("name",),
        tags=iam("Role", "RoleName", "$id", get="ListRoleTags"),
    ),
    AwsType(
        type="aws:iam/rolePolicy:RolePolicy",
        service="iam",
        create=Call("PutRolePolicy", {}, spread=True),
        id="join(':', [inputs.role, inputs.name])",
        read=_read_role_policy,
        delete=Call(
            "DeleteRolePolicy",
            {"RoleName": "$inputs.role || outputs.role", "PolicyName": "$inputs.name || outputs.name"},
        ),
        fields={"role": "RoleName", "name": "PolicyName", "policy": "PolicyDocument"},
        read_from={"role": "it.RoleName", "name": "it.PolicyName", "policy": "it.PolicyDocument"},
        updates=(
            Update(
                ("policy",),
                Call(
                    "PutRolePolicy",
                    {
                        "RoleName": "$inputs.role",
                        "PolicyName": "$inputs.name",
                        "PolicyDocument": "$inputs.policy",
                    },
                ),
            ),
        ),
        autoname={"name": 128},
        unique_by=("role", "name"),
    ),
    AwsType(
        type="aws:iam/rolePolicyAttachment:RolePolicyAttachment",
        service="iam",
        create=Call("AttachRolePolicy", {}, spread=True),
        # Terraform's id is random; this one says what it is, so that it can be read without the state.
        id="join('/', [inputs.role, inputs.policyArn])",
        read=_attached,
        delete=Call(
            "DetachRolePolicy",
            {
                "RoleName": "$inputs.role || outputs.role",
                "PolicyArn": "$inputs.policyArn || outputs.policyArn",
            },
        ),
        fields={"role": "RoleName"},
        unique_by=("role", "policyArn"),
    ),
    _OPEN_ID,
)
