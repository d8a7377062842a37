"""Security groups and their rules."""

from __future__ import annotations

from typing import Any

from rehearsal.plugins.aws import calls
from rehearsal.plugins.aws.cloud import Cloud
from rehearsal.plugins.aws.resource_type import AwsType, Call, ReadCall, Update
from rehearsal.plugins.aws.tagging import EC2
from rehearsal.plugins.backend import Refused, Resource

_GROUP = ReadCall(Call("DescribeSecurityGroups", {"GroupIds": ["$id"]}), "SecurityGroups[0]")


def _permission(rule: dict[str, Any], own: str) -> dict[str, Any]:
    """An inline rule as EC2's IpPermission."""
    description = {"Description": rule["description"]} if rule.get("description") else {}
    protocol = str(rule.get("protocol", "-1"))
    found: dict[str, Any] = {"IpProtocol": "-1" if protocol == "all" else protocol}
    if found["IpProtocol"] != "-1":
        found |= {"FromPort": int(rule["fromPort"]), "ToPort": int(rule["toPort"])}
    groups = [*(rule.get("securityGroups") or []), *([own] if rule.get("self") else [])]
    for name, member, values in (
        ("IpRanges", "CidrIp", rule.get("cidrBlocks")),
        ("Ipv6Ranges", "CidrIpv6", rule.get("ipv6CidrBlocks")),
        ("PrefixListIds", "PrefixListId", rule.get("prefixListIds")),
        ("UserIdGroupPairs", "GroupId", groups),
    ):
        if values:
            found[name] = [{member: value, **description} for value in values]
    return found


def _inline(key: str) -> Update:
    direction = key.capitalize()

    def bring(cloud: Cloud, old: Resource, new: Resource) -> None:
        before, after = old.inputs.get(key) or [], new.inputs.get(key) or []
        gone = [_permission(rule, new.id) for rule in before if rule not in after]
        added = [_permission(rule, new.id) for rule in after if rule not in before]
        if gone:
            cloud.send("ec2", f"RevokeSecurityGroup{direction}", {"GroupId": new.id, "IpPermissions": gone})
        if added:
            cloud.send(
                "ec2", f"AuthorizeSecurityGroup{direction}", {"GroupId": new.id, "IpPermissions": added}
            )

    return Update((key,), bring)


def _create_group(cloud: Cloud, resource: Resource) -> str:
    answer = calls.make(cloud, _SECURITY_GROUP, _CREATE, cloud.context(resource, old={}))
    # EC2 opens every new group outwards; the Terraform provider, and so Pulumi's, shuts it again.
    anywhere = [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
    cloud.send("ec2", "RevokeSecurityGroupEgress", {"GroupId": answer["GroupId"], "IpPermissions": anywhere})
    return str(answer["GroupId"])


_CREATE = Call("CreateSecurityGroup", {}, spread=True)
_OUTPUTS = {
    "arn": "'arn:{partition}:ec2:{region}:{account}:security-group/{id}'",
    "ownerId": "it.OwnerId",
    "name": "it.GroupName",
    "description": "it.Description",
    "vpcId": "it.VpcId",
}
_SECURITY_GROUP: AwsType = AwsType(
    type="aws:ec2/securityGroup:SecurityGroup",
    service="ec2",
    create=_create_group,
    validated=(_CREATE,),
    read=_GROUP,
    delete=Call("DeleteSecurityGroup", {"GroupId": "$id"}),
    fields={"name": "GroupName", "description": "Description", "vpcId": "VpcId"},
    read_from={"name": "it.GroupName", "ingress": "", "egress": ""},
    outputs=_OUTPUTS,
    defaults={"description": "Managed by Pulumi"},
    local_only=("revokeRulesOnDelete",),
    updates=(_inline("ingress"), _inline("egress")),
    after_create=("ingress", "egress"),
    autoname={"name": 255},
    unique_by=("name", "vpcId"),
    tags=EC2,
)


def _adopt_default(cloud: Cloud, resource: Resource) -> str:
    """The default group comes with the VPC: take it over and remove every rule, as the real provider does."""
    filters = [{"Name": "group-name", "Values": ["default"]}]
    if resource.inputs.get("vpcId"):
        filters.append({"Name": "vpc-id", "Values": [resource.inputs["vpcId"]]})
    group = cloud.find("ec2", "DescribeSecurityGroups", "SecurityGroups[0]", Filters=filters)
    if group is None:
        raise Refused(
            f"The VPC {resource.inputs.get('vpcId')} has no default security group.", property="vpcId"
        )
    for direction, member in (("Ingress", "IpPermissions"), ("Egress", "IpPermissionsEgress")):
        if group.get(member):
            cloud.send(
                "ec2",
                f"RevokeSecurityGroup{direction}",
                {"GroupId": group["GroupId"], "IpPermissions": group[member]},
            )
    return str(group["GroupId"])


def _leave_default(cloud: Cloud, resource: Resource) -> None:
    """A VPC's default group cannot be deleted; only its tags go."""
    tags = resource.outputs.get("tagsAll") or {}
    if tags:
        cloud.send("ec2", "DeleteTags", {"Resources": [resource.id], "Tags": [{"Key": k} for k in tags]})


_TARGETS = ("cidrIpv4", "cidrIpv6", "prefixListId", "referencedSecurityGroupId")


def _check_rule(inputs: dict[str, Any]) -> None:
    targets = [key for key in _TARGETS if inputs.get(key) is not None]
    if len(targets) != 1:
        raise Refused(
            f"A rule needs exactly one of {', '.join(_TARGETS)}; it has {', '.join(targets) or 'none'}."
        )


def _rule_permission(inputs: dict[str, Any]) -> dict[str, Any]:
    description = {"Description": inputs["description"]} if inputs.get("description") else {}
    found: dict[str, Any] = {"IpProtocol": str(inputs["ipProtocol"])}
    if inputs.get("fromPort") is not None:
        found |= {"FromPort": int(inputs["fromPort"]), "ToPort": int(inputs["toPort"])}
    for key, name, member in (
        ("cidrIpv4", "IpRanges", "CidrIp"),
        ("cidrIpv6", "Ipv6Ranges", "CidrIpv6"),
        ("prefixListId", "PrefixListIds", "PrefixListId"),
        ("referencedSecurityGroupId", "UserIdGroupPairs", "GroupId"),
    ):
        if inputs.get(key):
            found[name] = [{member: inputs[key], **description}]
    return found


def _change_rule(cloud: Cloud, _old: Resource, new: Resource) -> None:
    inputs = new.inputs
    rule = {
        "IpProtocol": str(inputs["ipProtocol"]),
        "FromPort": inputs.get("fromPort", -1),
        "ToPort": inputs.get("toPort", -1),
        "CidrIpv4": inputs.get("cidrIpv4"),
        "CidrIpv6": inputs.get("cidrIpv6"),
        "PrefixListId": inputs.get("prefixListId"),
        "ReferencedGroupId": inputs.get("referencedSecurityGroupId"),
        "Description": inputs.get("description"),
    }
    known = {k: v for k, v in rule.items() if v is not None}
    cloud.send(
        "ec2",
        "ModifySecurityGroupRules",
        {
            "GroupId": inputs["securityGroupId"],
            "SecurityGroupRules": [{"SecurityGroupRuleId": new.id, "SecurityGroupRule": known}],
        },
    )


def _create_rule(cloud: Cloud, resource: Resource) -> str:
    answer = cloud.send(
        "ec2",
        "AuthorizeSecurityGroupIngress",
        {
            "GroupId": resource.inputs["securityGroupId"],
            "IpPermissions": [_rule_permission(resource.inputs)],
        },
    )
    return str(answer["SecurityGroupRules"][0]["SecurityGroupRuleId"])


_INGRESS_RULE = AwsType(
    type="aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
    service="ec2",
    create=_create_rule,
    read=ReadCall(
        Call("DescribeSecurityGroupRules", {"SecurityGroupRuleIds": ["$id"]}), "SecurityGroupRules[0]"
    ),
    delete=Call(
        "RevokeSecurityGroupIngress",
        {
            "GroupId": "$inputs.securityGroupId || outputs.securityGroupId",
            "SecurityGroupRuleIds": ["$id"],
        },
    ),
    fields={"securityGroupId": "GroupId"},
    read_from={
        "securityGroupId": "it.GroupId",
        "referencedSecurityGroupId": "it.ReferencedGroupInfo.GroupId",
    },
    outputs={
        "arn": "'arn:{partition}:ec2:{region}:{account}:security-group-rule/{id}'",
        "securityGroupRuleId": "id",
        "securityGroupId": "it.GroupId",
    },
    updates=(Update(("ipProtocol", "fromPort", "toPort", *_TARGETS, "description"), _change_rule),),
    tags=EC2,
    check=_check_rule,
)


ROWS: tuple[AwsType, ...] = (
    _SECURITY_GROUP,
    AwsType(
        type="aws:ec2/defaultSecurityGroup:DefaultSecurityGroup",
        service="ec2",
        create=_adopt_default,
        read=_GROUP,
        delete=_leave_default,
        fields={"vpcId": ""},
        read_from={"vpcId": "it.VpcId", "ingress": "", "egress": ""},
        outputs=_OUTPUTS,
        local_only=("revokeRulesOnDelete",),
        updates=(_inline("ingress"), _inline("egress")),
        after_create=("ingress", "egress"),
        tags=EC2,
    ),
    _INGRESS_RULE,
)
