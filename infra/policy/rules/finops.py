"""What things cost, and whose they are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from infra.naming import LABEL_DOMAIN
from infra.policy.inputs import at, given, items, number, parsed, text, texts, unseen
from infra.policy.references import well_architected
from infra.policy.rule import Rules
from infra.policy.stack import Stack
from infra.review.resource import Resource
from infra.settings.catalogue import flavours, instance_types, offers

RULES = Rules("FinOps")

OWNED: Final = ("project", "environment", "owner")
_NODES: Final = "aws:eks/nodeGroup:NodeGroup"
_PRIVATE_NODES: Final = "openstack:containerinfra/nodeGroup:NodeGroup"
KARPENTER_NODES: Final = "kubernetes:karpenter.sh/v1:NodePool"
_TYPE: Final = "node.kubernetes.io/instance-type"
_COSTS: Final = frozenset(
    {
        "aws:ec2/instance:Instance",
        "aws:ec2/natGateway:NatGateway",
        "aws:ec2/vpnConnection:VpnConnection",
        "aws:eks/cluster:Cluster",
        _NODES,
        "aws:s3/bucket:Bucket",
        "aws:ebs/volume:Volume",
        "aws:rds/instance:Instance",
        "aws:lb/loadBalancer:LoadBalancer",
        "aws:kms/key:Key",
        "aws:ecr/repository:Repository",
    }
)
"""What stands on a bill of AWS by itself."""
_TAGGED: Final = {
    "openstack:networking/network:Network": "tags",
    "openstack:networking/router:Router": "tags",
    "openstack:networking/secGroup:SecGroup": "tags",
    "openstack:networking/subnet:Subnet": "tags",
    "openstack:objectstorage/container:Container": "metadata",
    "openstack:compute/instance:Instance": "metadata",
    "openstack:blockstorage/volume:Volume": "metadata",
    _PRIVATE_NODES: "labels",
}
OLD_FAMILIES: Final = frozenset(
    [
        *("t1", "t2", "m1", "m2", "m3", "m4", "c1", "c3", "c4", "r3", "r4"),
        *("i2", "i3", "d2", "g2", "g3", "g3s", "p2", "p3", "p3dn", "x1", "x1e"),
    ]
)
"""EC2's previous generations and those that came before what the catalogue lists
(https://aws.amazon.com/ec2/previous-generation/, 2026-11-28)."""
_ALLOCATION: Final = well_architected("COST03-BP02: add organization information to cost and usage")
_RIGHT_TYPE: Final = well_architected("COST06-BP02: select resource type, size, and number based on data")
MOST_GPU_NODES: Final = 64
"""Of one pool: more is a typing error."""


@RULES.of_stack(
    name="finops-aws-tags",
    title=f"What costs money in AWS carries the tags {', '.join(OWNED)}",
    reason="A bill that no tag explains is nobody's",
    remedy="set them once, as defaultTags of the provider",
    severity="medium",
    references=[_ALLOCATION],
)
def aws_tags(stack: Stack) -> Iterator[tuple[Resource, str]]:
    for resource in stack.of_type(*_COSTS):
        defaults = at(stack.provider(resource), "defaultTags", "tags")
        tags = {**_mapping(defaults), **_mapping(resource.inputs.get("tags"))}
        absent = [tag for tag in OWNED if not tags.get(tag)]
        if absent and not unseen(resource.inputs, "tags"):
            yield resource, f"has no tag {' and none '.join(absent)}"


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else parsed(value)


@RULES.of_resource(
    *_TAGGED,
    name="finops-openstack-tags",
    title=f"What can carry tags in the private site carries {', '.join(OWNED)}",
    reason="The private cloud's share of the cost is told by them, and strays are found by them",
    remedy="set tags or metadata (infra/naming.py)",
    severity="medium",
    references=[_ALLOCATION],
)
def openstack_tags(resource: Resource) -> Iterator[str]:
    key = _TAGGED[resource.type]
    value = at(resource.inputs, key)
    names = {*value} if isinstance(value, Mapping) else {tag.partition("=")[0] for tag in texts(value)}
    absent = [tag for tag in OWNED if tag not in names]
    if absent and not unseen(value):
        yield f"has no {' and no '.join(absent)} in its {key}"


@RULES.of_resource(
    "kubernetes:core/v1:Namespace",
    name="finops-namespace-labels",
    title=f"Every namespace carries {', '.join(OWNED)} as labels",
    reason="Cost of a shared cluster is told apart by them",
    remedy=f"label it {LABEL_DOMAIN}/owner and the others (infra/naming.py)",
    severity="medium",
    references=[_ALLOCATION],
)
def namespace_labels(namespace: Resource) -> Iterator[str]:
    labels = at(namespace.inputs, "metadata", "labels")
    if unseen(labels):
        return
    absent = [tag for tag in OWNED if not at(labels, f"{LABEL_DOMAIN}/{tag}")]
    if absent:
        yield f"has no label {' and none '.join(absent)}"


def gpus(nodes: Resource) -> int:
    """The GPUs of one node of a group; 0 where the catalogue knows none."""
    if nodes.type == _PRIVATE_NODES:
        machine = flavours().get(text(nodes.inputs, "flavorId") or "")
    else:
        kinds = _kinds(nodes)
        machine = instance_types().get(kinds[0]) if kinds else None
    return machine.gpus if machine else 0


def _kinds(nodes: Resource) -> list[str]:
    if nodes.type != KARPENTER_NODES:
        return texts(nodes.inputs, "instanceTypes")
    asked = items(nodes.inputs, "spec", "template", "spec", "requirements")
    return [kind for each in asked if text(each, "key") == _TYPE for kind in texts(each, "values")]


def most(nodes: Resource) -> float | None:
    """The most nodes that a group may have."""
    if nodes.type == _PRIVATE_NODES:
        # No autoscaler touches a group without a maximum (kubernetes/autoscaler,
        # cloudprovider/magnum/README.md, 2026-11-28).
        return number(nodes.inputs, "maxNodeCount") or number(nodes.inputs, "nodeCount")
    if nodes.type == KARPENTER_NODES:
        return number(nodes.inputs, "spec", "limits", "nodes")
    return number(nodes.inputs, "scalingConfig", "maxSize")


@RULES.of_resource(
    _NODES,
    _PRIVATE_NODES,
    KARPENTER_NODES,
    name="finops-gpu-pool-bounded",
    title="Every GPU pool has a most",
    reason="GPUs are the bill; an autoscaler without a bound buys until somebody looks",
    remedy=f"set max of the pool, to {MOST_GPU_NODES} at most",
    severity="high",
    references=[_RIGHT_TYPE],
)
def gpu_pool_bounded(nodes: Resource) -> Iterator[str]:
    bound = most(nodes)
    if gpus(nodes) and bound is None:
        yield "has GPUs and no most"
    elif gpus(nodes) and bound is not None and bound > MOST_GPU_NODES:
        yield f"may grow to {bound:.0f} nodes with GPUs"


@RULES.of_stack(
    name="finops-gpu-pool-tagged",
    title="Machines and disks of GPU pools carry tags of their own",
    reason="The tags of a provider end at the launch template: the machines, which are the bill, would "
    "have none",
    remedy="give the launch template tagSpecifications for instance and volume",
    severity="high",
    references=[_ALLOCATION],
)
def gpu_pool_tagged(stack: Stack) -> Iterator[tuple[Resource, str]]:
    for nodes in stack.of_type(_NODES):
        if not gpus(nodes):
            continue
        for template in stack.behind(nodes, "launchTemplate", "aws:ec2/launchTemplate:LaunchTemplate"):
            tagged = {
                text(each, "resourceType")
                for each in items(template.inputs, "tagSpecifications")
                if all(given(each, "tags", tag) for tag in OWNED)
            }
            absent = [kind for kind in ("instance", "volume") if kind not in tagged]
            if absent:
                yield nodes, f"makes each {' and each '.join(absent)} without the tags"


@RULES.of_resource(
    _NODES,
    name="finops-gpu-pool-tainted",
    title="Only what asks for GPUs is placed on nodes that have them",
    reason="A pod that needs no GPU keeps a machine with one from being given back",
    remedy="give the node group the taint nvidia.com/gpu",
    severity="medium",
    references=[_RIGHT_TYPE],
)
def gpu_pool_tainted(nodes: Resource) -> Iterator[str]:
    if gpus(nodes) and not any(
        text(taint, "key") == "nvidia.com/gpu" for taint in items(nodes.inputs, "taints")
    ):
        yield "takes pods that need no GPU"


@RULES.of_resource(
    "aws:ebs/volume:Volume",
    "aws:ec2/launchTemplate:LaunchTemplate",
    name="finops-gp3",
    title="Disks are gp3, where nothing asks for more",
    reason="gp2 costs a quarter more for less",
    remedy="set the type to gp3",
    severity="low",
    references=[_RIGHT_TYPE],
)
def gp3(disk: Resource) -> Iterator[str]:
    kinds = [text(disk.inputs, "type")]
    kinds += [text(each, "ebs", "volumeType") for each in items(disk.inputs, "blockDeviceMappings")]
    for kind in kinds:
        if kind in ("gp2", "standard"):
            yield f"has a disk of the type {kind}"


@RULES.of_resource(
    "aws:ec2/instance:Instance",
    _NODES,
    "aws:ec2/launchTemplate:LaunchTemplate",
    name="finops-current-generation",
    title="Machines are of a current generation",
    reason="What came after them does more for less",
    remedy="choose a type of infra/settings/catalogue/aws.yaml",
    severity="low",
    references=[_RIGHT_TYPE],
)
def current_generation(machine: Resource) -> Iterator[str]:
    kinds = [*texts(machine.inputs, "instanceType"), *texts(machine.inputs, "instanceTypes")]
    for kind in kinds:
        if kind.partition(".")[0] in OLD_FAMILIES:
            yield f"is {kind}, of a generation that is over"


@RULES.of_stack(
    name="finops-budget",
    title="Whoever runs machines in AWS has a budget that somebody hears of",
    reason="What a mistake costs is otherwise learnt from the bill",
    remedy="set budget.usd_per_month and budget.alert_emails",
    severity="medium",
    references=[well_architected("COST02-BP05: implement cost controls")],
)
def budget(stack: Stack) -> Iterator[tuple[Resource, str]]:
    heard = any(
        given(notice, "subscriberEmailAddresses") or given(notice, "subscriberSnsTopicArns")
        for each in stack.of_type("aws:budgets/budget:Budget")
        for notice in items(each.inputs, "notifications")
    )
    for cluster in stack.of_type("aws:eks/cluster:Cluster"):
        if not heard:
            yield cluster, "runs without a budget that anyone hears of"


@RULES.of_stack(
    name="finops-address-used",
    title="Every public address is used",
    reason="AWS asks for an address by the hour, and as much for one that nothing uses",
    remedy="give it to a NAT gateway, a balancer or a machine, or take it out",
    severity="low",
)
def address_used(stack: Stack) -> Iterator[tuple[Resource, str]]:
    for address in stack.of_type("aws:ec2/eip:Eip"):
        used = given(address.inputs, "instance") or given(address.inputs, "networkInterface")
        if not used and not any(
            address.urn in urns for each in stack.resources.values() for urns in each.depends.values()
        ):
            yield address, "is used by nothing"


@RULES.of_resource(
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
    name="finops-uploads-end",
    title="Uploads that nobody finished go after some days",
    reason="Their parts are paid, and no list of objects shows them",
    remedy="add a rule with abortIncompleteMultipartUpload",
    severity="low",
)
def uploads_end(configuration: Resource) -> Iterator[str]:
    rules = items(configuration.inputs, "rules")
    if rules and not any(given(rule, "abortIncompleteMultipartUpload") for rule in rules):
        yield "keeps uploads that nobody finished"


@RULES.of_stack(
    name="finops-types-offered",
    title="The region offers the instance types that are asked for",
    reason="Only the making of the nodes would say so, half an hour into an up",
    remedy="choose a type that `isthmus settings check` takes for the region, or another region",
    severity="high",
)
def types_offered(stack: Stack) -> Iterator[tuple[Resource, str]]:
    for machine in stack.of_type(_NODES, "aws:ec2/instance:Instance"):
        region = stack.region(machine)
        for kind in [*texts(machine.inputs, "instanceTypes"), *texts(machine.inputs, "instanceType")]:
            if region and not offers(region, kind):
                yield machine, f"is {kind}, which {region} does not offer"


@RULES.of_resource(
    "aws:autoscaling/group:Group",
    "aws:eks/nodeGroup:NodeGroup",
    name="finops-pool-sizes-fit",
    title="The least of a pool is not above its most",
    reason="EKS refuses such a group when it is made",
    remedy="lower min or raise max",
    severity="medium",
)
def pool_sizes_fit(group: Resource) -> Iterator[str]:
    own = group.inputs if group.type.startswith("aws:autoscaling") else at(group.inputs, "scalingConfig")
    least, bound = number(own, "minSize"), number(own, "maxSize")
    if least is not None and bound is not None and least > bound:
        yield f"has at least {least:.0f} and at most {bound:.0f} nodes"
