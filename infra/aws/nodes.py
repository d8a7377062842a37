"""Nodes of an EKS cluster: a launch template and a managed node group that differ only in what is asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pulumi
import pulumi_aws as aws

from infra.settings.catalogue import instance_types


def ami_type(instance_type: str, *, gpu: bool) -> str:
    """The EKS image for an instance type: Amazon Linux 2023, with NVIDIA's driver where GPUs are."""
    architecture = "ARM_64" if instance_types()[instance_type].arch == "arm64" else "x86_64"
    return f"AL2023_{architecture}_{'NVIDIA' if gpu else 'STANDARD'}"


@dataclass(frozen=True)
class NodesSpec:
    """What the nodes of one group are. ``taints`` are (key, value, effect) in Kubernetes' own words."""

    instance_type: str
    min: int
    max: int
    disk_gib: int
    resized: bool = False
    """Whether the bounds may have left the number of nodes out: it is set to ``min`` then."""
    gpu: bool = False
    spot: bool = False
    labels: Mapping[str, str] = field(default_factory=dict)
    taints: Sequence[tuple[str, str, str]] = ()


EKS_EFFECTS = {
    "NoSchedule": "NO_SCHEDULE",
    "NoExecute": "NO_EXECUTE",
    "PreferNoSchedule": "PREFER_NO_SCHEDULE",
}


class Nodes(pulumi.ComponentResource):
    """One managed node group.

    Its machines have encrypted disks and give their metadata to no pod (IMDSv2 with one hop): a pod gets
    credentials from Pod Identity or not at all. An autoscaler finds the group by the tags that EKS sets
    itself and, while it has no nodes, its labels and taints by DescribeNodegroup.
    """

    group: aws.eks.NodeGroup

    def __init__(
        self,
        name: str,
        *,
        cluster_name: pulumi.Input[str],
        version: pulumi.Input[str],
        role_arn: pulumi.Input[str],
        subnet_ids: Sequence[pulumi.Input[str]],
        spec: NodesSpec,
        tags: Mapping[str, str],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("isthmus:aws:Nodes", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        template = aws.ec2.LaunchTemplate(
            name,
            description=f"Nodes {name}",
            update_default_version=True,
            metadata_options=aws.ec2.LaunchTemplateMetadataOptionsArgs(
                http_endpoint="enabled", http_tokens="required", http_put_response_hop_limit=1
            ),
            block_device_mappings=[
                aws.ec2.LaunchTemplateBlockDeviceMappingArgs(
                    device_name="/dev/xvda",
                    ebs=aws.ec2.LaunchTemplateBlockDeviceMappingEbsArgs(
                        volume_size=spec.disk_gib,
                        volume_type="gp3",
                        encrypted="true",
                        delete_on_termination="true",
                    ),
                )
            ],
            # Default tags stop at the template; instances and disks are billed by their own.
            tag_specifications=[
                aws.ec2.LaunchTemplateTagSpecificationArgs(
                    resource_type=kind, tags={**tags, "Name": name, "pool": name}
                )
                for kind in ("instance", "volume")
            ],
            opts=child,
        )
        self.group = aws.eks.NodeGroup(
            name,
            cluster_name=cluster_name,
            version=version,
            node_role_arn=role_arn,
            subnet_ids=list(subnet_ids),
            ami_type=ami_type(spec.instance_type, gpu=spec.gpu),
            capacity_type="SPOT" if spec.spot else "ON_DEMAND",
            instance_types=[spec.instance_type],
            launch_template=aws.eks.NodeGroupLaunchTemplateArgs(
                id=template.id, version=template.latest_version.apply(str)
            ),
            scaling_config=aws.eks.NodeGroupScalingConfigArgs(
                min_size=spec.min, max_size=spec.max, desired_size=spec.min
            ),
            update_config=aws.eks.NodeGroupUpdateConfigArgs(max_unavailable=1),
            node_repair_config=aws.eks.NodeGroupNodeRepairConfigArgs(enabled=True),
            labels=dict(spec.labels),
            taints=[
                aws.eks.NodeGroupTaintArgs(key=key, value=value, effect=EKS_EFFECTS[effect])
                for key, value, effect in spec.taints
            ],
            # The autoscaler moves the desired size; an update must not move it back under running work.
            opts=pulumi.ResourceOptions(
                parent=self, ignore_changes=None if spec.resized else ["scalingConfig.desiredSize"]
            ),
        )
        self.register_outputs({"nodeGroup": self.group.id})


__all__ = ["Nodes", "NodesSpec", "ami_type"]
