"""Launch templates: every change of the data is a new version."""

from __future__ import annotations

from typing import Any

from rehearsal.plugins.aws import calls
from rehearsal.plugins.aws.cloud import Cloud
from rehearsal.plugins.aws.resource_type import AwsType, Call, Update
from rehearsal.plugins.aws.tagging import EC2
from rehearsal.plugins.backend import Resource

_DATA = {
    "blockDeviceMappings": "BlockDeviceMappings",
    "capacityReservationSpecification": "CapacityReservationSpecification",
    "cpuOptions": "CpuOptions",
    "creditSpecification": "CreditSpecification",
    "disableApiStop": "DisableApiStop",
    "disableApiTermination": "DisableApiTermination",
    "ebsOptimized": "EbsOptimized",
    "enclaveOptions": "EnclaveOptions",
    "hibernationOptions": "HibernationOptions",
    "iamInstanceProfile": "IamInstanceProfile",
    "imageId": "ImageId",
    "instanceInitiatedShutdownBehavior": "InstanceInitiatedShutdownBehavior",
    "instanceMarketOptions": "InstanceMarketOptions",
    "instanceRequirements": "InstanceRequirements",
    "instanceType": "InstanceType",
    "keyName": "KeyName",
    "licenseSpecifications": "LicenseSpecifications",
    "maintenanceOptions": "MaintenanceOptions",
    "metadataOptions": "MetadataOptions",
    "monitoring": "Monitoring",
    "networkInterfaces": "NetworkInterfaces",
    "placement": "Placement",
    "privateDnsNameOptions": "PrivateDnsNameOptions",
    "securityGroupNames": "SecurityGroups",
    "tagSpecifications": "TagSpecifications",
    "userData": "UserData",
    "vpcSecurityGroupIds": "SecurityGroupIds",
}


def _shaped(values: Any) -> Any:
    """Tags of a tag specification are a map in Pulumi and a list of pairs in EC2."""
    if isinstance(values, list):
        return [_shaped(value) for value in values]
    if isinstance(values, dict):
        return {
            key: [{"Key": k, "Value": v} for k, v in value.items()]
            if key == "tags" and isinstance(value, dict)
            else _shaped(value)
            for key, value in values.items()
        }
    return values


def _data(cloud: Cloud, resource: Resource) -> dict[str, Any]:
    data = {key: _shaped(value) for key, value in resource.inputs.items() if key in _DATA}
    shaped = Resource(resource.urn, resource.type, resource.name, resource.id, data)
    fields = {key: f"LaunchTemplateData.{name}" for key, name in _DATA.items()}
    call = Call("CreateLaunchTemplate", {"LaunchTemplateName": "x"}, spread=True)
    looks = AwsType(type="", service="ec2", create=call, fields=fields)
    parameters = calls.validate(cloud, looks, call, cloud.context(shaped, old={}))
    return dict(parameters.get("LaunchTemplateData") or {})


def _create(cloud: Cloud, resource: Resource) -> str:
    call = {"LaunchTemplateName": resource.inputs["name"], "LaunchTemplateData": _data(cloud, resource)}
    if resource.inputs.get("description"):
        call["VersionDescription"] = resource.inputs["description"]
    return str(cloud.send("ec2", "CreateLaunchTemplate", call)["LaunchTemplate"]["LaunchTemplateId"])


def _new_version(cloud: Cloud, _old: Resource, new: Resource) -> None:
    call = {"LaunchTemplateId": new.id, "LaunchTemplateData": _data(cloud, new)}
    if new.inputs.get("description"):
        call["VersionDescription"] = new.inputs["description"]
    version = cloud.send("ec2", "CreateLaunchTemplateVersion", call)["LaunchTemplateVersion"]["VersionNumber"]
    if new.inputs.get("updateDefaultVersion"):
        cloud.send(
            "ec2", "ModifyLaunchTemplate", {"LaunchTemplateId": new.id, "DefaultVersion": str(version)}
        )


def _read(cloud: Cloud, resource: Resource) -> Any:
    it = cloud.find("ec2", "DescribeLaunchTemplates", "LaunchTemplates[0]", LaunchTemplateIds=[resource.id])
    if it is None:
        return None
    latest = cloud.find(
        "ec2",
        "DescribeLaunchTemplateVersions",
        "LaunchTemplateVersions[0]",
        LaunchTemplateId=resource.id,
        Versions=["$Latest"],
    )
    return {**(latest or {}).get("LaunchTemplateData", {}), **it}


ROWS: tuple[AwsType, ...] = (
    AwsType(
        type="aws:ec2/launchTemplate:LaunchTemplate",
        service="ec2",
        create=_create,
        read=_read,
        delete=Call("DeleteLaunchTemplate", {"LaunchTemplateId": "$id"}),
        read_from={
            "name": "it.LaunchTemplateName",
            "vpcSecurityGroupIds": "it.SecurityGroupIds",
            "description": "",
            "tagSpecifications": "",
            "defaultVersion": "",
        },
        outputs={
            "arn": "'arn:{partition}:ec2:{region}:{account}:launch-template/{id}'",
            "latestVersion": "it.LatestVersionNumber",
            "defaultVersion": "it.DefaultVersionNumber",
            "name": "it.LaunchTemplateName",
        },
        fields={"name": "LaunchTemplateName"},
        local_only=("updateDefaultVersion", "defaultVersion"),
        updates=(Update((*_DATA, "description"), _new_version),),
        autoname={"name": 125},
        unique_by=("name",),
        tags=EC2,
    ),
)
