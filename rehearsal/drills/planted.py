"""What controllers of a cluster leave in a cloud, made without any: the same things with the same tags."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from rehearsal.openstack_services.session import Session

SERVICE = "shop/front"


def plant_in_aws(client: Callable[[str], Any], cluster: str, subnets: Sequence[str]) -> set[tuple[str, str]]:
    """Load balancers of Services, volumes of claims, a node of Karpenter's; their kinds and ids."""
    ec2, elbv2, elb = client("ec2"), client("elbv2"), client("elb")
    owned = {"Key": f"kubernetes.io/cluster/{cluster}", "Value": "owned"}
    balanced = [
        {"Key": "elbv2.k8s.aws/cluster", "Value": cluster},
        {"Key": "service.k8s.aws/stack", "Value": SERVICE},
    ]

    def tagged(kind: str, *tags: dict[str, str]) -> list[dict[str, Any]]:
        return [{"ResourceType": kind, "Tags": list(tags)}]

    vpc = ec2.describe_subnets(SubnetIds=[subnets[0]])["Subnets"][0]["VpcId"]
    group = ec2.create_security_group(
        GroupName=f"k8s-{cluster}",
        Description="of a load balancer",
        VpcId=vpc,
        TagSpecifications=tagged("security-group", *balanced),
    )["GroupId"]
    short = cluster[-24:]
    network = elbv2.create_load_balancer(
        Name=f"n-{short}", Type="network", Subnets=list(subnets), Tags=balanced
    )["LoadBalancers"][0]["LoadBalancerArn"]
    target = elbv2.create_target_group(
        Name=f"t-{short}", Protocol="TCP", Port=80, VpcId=vpc, TargetType="ip", Tags=balanced
    )["TargetGroups"][0]["TargetGroupArn"]
    elb.create_load_balancer(
        LoadBalancerName=f"c-{short}",
        Listeners=[{"Protocol": "tcp", "LoadBalancerPort": 80, "InstancePort": 30080}],
        Subnets=[subnets[0]],
        SecurityGroups=[group],
        Tags=[owned, {"Key": "kubernetes.io/service-name", "Value": SERVICE}],
    )
    zone = ec2.describe_subnets(SubnetIds=[subnets[0]])["Subnets"][0]["AvailabilityZone"]
    volume = ec2.create_volume(
        AvailabilityZone=zone,
        Size=1,
        TagSpecifications=tagged("volume", owned, {"Key": "CSIVolumeName", "Value": "pvc-1"}),
    )["VolumeId"]
    interface = ec2.create_network_interface(
        SubnetId=subnets[0],
        Groups=[group],
        TagSpecifications=tagged(
            "network-interface",
            {"Key": "cluster.k8s.amazonaws.com/name", "Value": cluster},
            {"Key": "node.k8s.amazonaws.com/instance_id", "Value": "i-0"},
        ),
    )["NetworkInterface"]["NetworkInterfaceId"]
    template = ec2.create_launch_template(
        LaunchTemplateName=f"karpenter.k8s.aws/{cluster}",
        LaunchTemplateData={"InstanceType": "m7i.large"},
        TagSpecifications=tagged("launch-template", {"Key": "karpenter.k8s.aws/cluster", "Value": cluster}),
    )["LaunchTemplate"]["LaunchTemplateId"]
    image = ec2.describe_images(Owners=["amazon"])["Images"][0]["ImageId"]
    node = ec2.run_instances(
        ImageId=image,
        MinCount=1,
        MaxCount=1,
        InstanceType="m7i.large",
        SubnetId=subnets[0],
        TagSpecifications=tagged("instance", owned, {"Key": "karpenter.sh/nodepool", "Value": "training"}),
    )["Instances"][0]["InstanceId"]
    return {
        ("security group", group),
        ("load balancer", network.rpartition(":")[2]),
        ("target group", target.rpartition(":")[2]),
        ("classic load balancer", f"c-{short}"),
        ("volume", volume),
        ("network interface", interface),
        ("launch template", template),
        ("instance", node),
    }


def plant_in_openstack(session: Session, network: str) -> None:
    """The port of a load balancer of the cluster's, with its group: Neutron keeps the network for it."""
    named = {"security_group": {"name": "lb-sg-1-shop-front"}}
    group = session.post("network", "v2.0/security-groups", named)
    session.post(
        "network",
        "v2.0/ports",
        {
            "port": {
                "network_id": network,
                "name": "octavia-lb-kube_service_shop_front",
                "security_groups": [group["security_group"]["id"]],
            }
        },
    )


__all__ = ["plant_in_aws", "plant_in_openstack"]
