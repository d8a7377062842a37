"""What the controllers of an EKS cluster made in its VPC, found by the tags that they set.

Tags, from the projects' own sources, from memory where no date stands:

- AWS Load Balancer Controller: ``elbv2.k8s.aws/cluster`` is the cluster's name, on load balancers, target
  groups and security groups (kubernetes-sigs/aws-load-balancer-controller issue 3701; 2026-11-28).
- Kubernetes' own cloud provider for classic load balancers and their groups, Karpenter for its nodes:
  ``kubernetes.io/cluster/NAME`` = ``owned``; Karpenter beside it ``karpenter.sh/nodepool``.
- EBS CSI driver, told its cluster (``infra.aws.cluster``): the same, and ``CSIVolumeName``
  (kubernetes-sigs/aws-ebs-csi-driver, docs/tagging.md; 2026-11-28).
- VPC CNI: ``cluster.k8s.amazonaws.com/name`` is the cluster's name, on network interfaces.
- Karpenter, on the launch templates that it makes: ``karpenter.k8s.aws/cluster``.

What EKS itself makes has ``aws:eks:cluster-name`` or ``eks:nodegroup-name`` as well, and goes with its
cluster.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

from infra.teardown.leftover import Leftover

NAMED: Final = ("elbv2.k8s.aws/cluster", "cluster.k8s.amazonaws.com/name", "karpenter.k8s.aws/cluster")
"""Tags whose value is the cluster's name."""
EKS_OWN: Final = ("aws:eks:cluster-name", "eks:nodegroup-name")
_FOR: Final = (
    "service.k8s.aws/stack",
    "kubernetes.io/service-name",
    "karpenter.sh/nodepool",
    "CSIVolumeName",
)
_GONE: Final = "NotFound"
"""In each error code of what is there no more."""
_TAGS_AT_ONCE: Final = 20
"""Elastic Load Balancing API reference, DescribeTags: load balancers of one request."""

Client = Callable[[str], Any]
"""A boto3 client of one service."""


def leftovers(client: Client, cluster: str) -> Iterator[Leftover]:
    """All that carries the cluster's tags, in the order in which it can go."""
    yield from _load_balancers(client("elbv2"), cluster)
    yield from _classic(client("elb"), cluster)
    ec2 = client("ec2")
    yield from _instances(ec2, cluster)
    yield from _volumes(ec2, cluster)
    yield from _interfaces(ec2, cluster)
    yield from _groups(ec2, cluster)
    yield from _templates(ec2, cluster)


def is_of(tags: Mapping[str, str], cluster: str) -> bool:
    """Whether tags say that a controller of the cluster made what carries them."""
    if any(key in tags for key in EKS_OWN):
        return False
    named = any(tags.get(key) == cluster for key in NAMED)
    return named or tags.get(f"kubernetes.io/cluster/{cluster}") == "owned"


def _tags(listed: Iterable[Mapping[str, str]] | None) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in listed or ()}


def _for(tags: Mapping[str, str]) -> str:
    return next((tags[key] for key in _FOR if key in tags), "")


def _of(
    ec2: Any, operation: str, at: str, cluster: str, inner: str = ""
) -> Iterator[tuple[Any, dict[str, str]]]:
    for page in ec2.get_paginator(operation).paginate():
        for item in page[at]:
            for one in item[inner] if inner else [item]:
                # A network interface alone has its tags elsewhere.
                tags = _tags(one.get("Tags") or one.get("TagSet"))
                if is_of(tags, cluster):
                    yield one, tags


def _quiet(call: Callable[..., Any], **arguments: Any) -> Callable[[], None]:
    """A deletion for which what is gone already is no error."""

    def delete() -> None:
        from botocore.exceptions import ClientError

        try:
            call(**arguments)
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if _GONE not in code:
                raise

    return delete


def _load_balancers(elb: Any, cluster: str) -> Iterator[Leftover]:
    for operation, at, key, delete, kind in (
        (
            "describe_load_balancers",
            "LoadBalancers",
            "LoadBalancerArn",
            elb.delete_load_balancer,
            "load balancer",
        ),
        ("describe_target_groups", "TargetGroups", "TargetGroupArn", elb.delete_target_group, "target group"),
    ):
        arns = [each[key] for page in elb.get_paginator(operation).paginate() for each in page[at]]
        for start in range(0, len(arns), _TAGS_AT_ONCE):
            answer = elb.describe_tags(ResourceArns=arns[start : start + _TAGS_AT_ONCE])
            for told in answer["TagDescriptions"]:
                tags = _tags(told["Tags"])
                if is_of(tags, cluster):
                    arn = told["ResourceArn"]
                    gone = _quiet(delete, **{key: arn})
                    if kind == "load balancer":
                        gone = _then(gone, elb.get_waiter("load_balancers_deleted"), LoadBalancerArns=[arn])
                    yield Leftover("aws", kind, arn.rpartition(":")[2], _for(tags), gone)


def _then(delete: Callable[[], None], waiter: Any, **arguments: Any) -> Callable[[], None]:
    def both() -> None:
        delete()
        waiter.wait(**arguments)

    return both


def _classic(elb: Any, cluster: str) -> Iterator[Leftover]:
    pages = elb.get_paginator("describe_load_balancers").paginate()
    names = [each["LoadBalancerName"] for page in pages for each in page["LoadBalancerDescriptions"]]
    for start in range(0, len(names), _TAGS_AT_ONCE):
        answer = elb.describe_tags(LoadBalancerNames=names[start : start + _TAGS_AT_ONCE])
        for told in answer["TagDescriptions"]:
            tags, name = _tags(told["Tags"]), told["LoadBalancerName"]
            if is_of(tags, cluster):
                gone = _quiet(elb.delete_load_balancer, LoadBalancerName=name)
                yield Leftover("aws", "classic load balancer", name, _for(tags), gone)


def _instances(ec2: Any, cluster: str) -> Iterator[Leftover]:
    for one, tags in _of(ec2, "describe_instances", "Reservations", cluster, "Instances"):
        if one["State"]["Name"] not in ("terminated", "shutting-down"):
            ids = [one["InstanceId"]]
            # Its disks and interfaces are free once it is gone.
            gone = _then(
                _quiet(ec2.terminate_instances, InstanceIds=ids),
                ec2.get_waiter("instance_terminated"),
                InstanceIds=ids,
            )
            yield Leftover("aws", "instance", ids[0], _for(tags), gone)


def _volumes(ec2: Any, cluster: str) -> Iterator[Leftover]:
    for one, tags in _of(ec2, "describe_volumes", "Volumes", cluster):
        id = one["VolumeId"]
        gone = _quiet(ec2.delete_volume, VolumeId=id)
        # The root disk of a node has the node's tags, and goes with it.
        yield Leftover("aws", "volume", id, _for(tags), gone, holds_data="CSIVolumeName" in tags)


def _interfaces(ec2: Any, cluster: str) -> Iterator[Leftover]:
    for one, tags in _of(ec2, "describe_network_interfaces", "NetworkInterfaces", cluster):
        id = one["NetworkInterfaceId"]
        made_for = tags.get("node.k8s.amazonaws.com/instance_id", _for(tags))
        gone = _quiet(ec2.delete_network_interface, NetworkInterfaceId=id)
        yield Leftover("aws", "network interface", id, made_for, gone)


def _groups(ec2: Any, cluster: str) -> Iterator[Leftover]:
    for one, tags in _of(ec2, "describe_security_groups", "SecurityGroups", cluster):
        id = one["GroupId"]
        yield Leftover("aws", "security group", id, _for(tags), _quiet(ec2.delete_security_group, GroupId=id))


def _templates(ec2: Any, cluster: str) -> Iterator[Leftover]:
    for one, tags in _of(ec2, "describe_launch_templates", "LaunchTemplates", cluster):
        id = one["LaunchTemplateId"]
        gone = _quiet(ec2.delete_launch_template, LaunchTemplateId=id)
        yield Leftover("aws", "launch template", id, _for(tags), gone)


__all__ = ["is_of", "leftovers"]
