"""Machines and the cluster in AWS."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from infra.eks_support import out_of_standard_support
from infra.policy.inputs import at, given, items, number, open_to_all, text, texts, true, unseen
from infra.policy.references import cis_aws, cis_eks, fsbp
from infra.policy.rule import Reference, Rules
from infra.policy.stack import Stack
from infra.review.resource import Resource

RULES = Rules("AWS")

_TEMPLATE: Final = "aws:ec2/launchTemplate:LaunchTemplate"
_INSTANCE: Final = "aws:ec2/instance:Instance"
_CLUSTER: Final = "aws:eks/cluster:Cluster"
_NODES: Final = "aws:eks/nodeGroup:NodeGroup"
_EKS_GUIDE: Final = (
    "https://docs.aws.amazon.com/eks/latest/best-practices/identity-and-access-management.html"
)


@RULES.of_resource(
    _TEMPLATE,
    _INSTANCE,
    name="aws-imdsv2",
    title="Machines give their metadata only to who asks for a token first",
    reason="By IMDSv1 any request that a program can be tricked into hands out the machine's credentials",
    remedy="set metadataOptions.httpTokens to required",
    severity="high",
    references=[fsbp("EC2.8"), fsbp("EC2.170"), cis_aws("5.7")],
)
def imdsv2(machine: Resource) -> Iterator[str]:
    tokens = at(machine.inputs, "metadataOptions", "httpTokens")
    endpoint = at(machine.inputs, "metadataOptions", "httpEndpoint")
    if tokens != "required" and endpoint != "disabled" and not unseen(tokens):
        yield "answers IMDSv1"


@RULES.of_resource(
    _TEMPLATE,
    name="aws-imds-one-hop",
    title="Pods do not reach the metadata of their node",
    reason="A pod that reaches it has the node's role, whatever its own may do",
    remedy="set metadataOptions.httpPutResponseHopLimit to 1",
    severity="high",
    references=[
        Reference("EKS Best Practices", "Restrict access to the instance profile", _EKS_GUIDE),
        Reference(
            "EKS Best Practices",
            "Identity and Access Management",
            _EKS_GUIDE,
        ),
    ],
)
def imds_one_hop(template: Resource) -> Iterator[str]:
    hops = number(template.inputs, "metadataOptions", "httpPutResponseHopLimit")
    if hops is not None and hops > 1:
        yield f"lets its metadata travel {hops:.0f} hops, so pods reach it"


@RULES.of_resource(
    _TEMPLATE,
    _INSTANCE,
    name="aws-machine-no-public-address",
    title="No machine has a public address",
    reason="Nodes are reached through the cluster, and reach out through a NAT gateway",
    remedy="leave associatePublicIpAddress out",
    severity="high",
    references=[fsbp("EC2.9"), fsbp("EC2.25")],
)
def machine_no_public_address(machine: Resource) -> Iterator[str]:
    interfaces = [machine.inputs, *items(machine.inputs, "networkInterfaces")]
    if any(true(each, "associatePublicIpAddress") for each in interfaces):
        yield "gets a public address"


@RULES.of_resource(
    _CLUSTER,
    name="aws-eks-endpoint-not-open",
    title="The API server of EKS is not open to the internet",
    reason="Whoever steals a token can use it from anywhere",
    remedy="leave endpointPublicAccess out, or name the networks that may reach it "
    "(aws.cluster.api_allowed_cidrs)",
    severity="high",
    references=[fsbp("EKS.1"), cis_eks("5.4.1"), cis_eks("5.4.2")],
)
def endpoint_not_open(cluster: Resource) -> Iterator[str]:
    public = at(cluster.inputs, "vpcConfig", "endpointPublicAccess")
    if public in (False, "false") or unseen(public):
        return
    allowed = items(cluster.inputs, "vpcConfig", "publicAccessCidrs")
    # EKS opens the endpoint, and to everyone, where nothing is said.
    if not allowed or any(open_to_all(each) for each in allowed):
        yield "has an API server that every address reaches"


@RULES.of_resource(
    _CLUSTER,
    name="aws-eks-private-endpoint",
    title="Nodes reach the API server of EKS from inside the VPC",
    reason="Else their traffic leaves the VPC, and a cut to the internet stops the cluster",
    remedy="set vpcConfig.endpointPrivateAccess",
    severity="medium",
    references=[cis_eks("5.4.2")],
)
def private_endpoint(cluster: Resource) -> Iterator[str]:
    if not true(cluster.inputs, "vpcConfig", "endpointPrivateAccess"):
        yield "has no endpoint inside the VPC"


@RULES.of_resource(
    _CLUSTER,
    name="aws-eks-secrets-encrypted",
    title="Secrets of the cluster are encrypted with a key of the estate",
    reason="Whoever gets hold of the control plane's storage, or of a copy, else reads every Secret",
    remedy="set encryptionConfig with a key and the resource secrets",
    severity="high",
    references=[fsbp("EKS.3"), cis_eks("5.3.1")],
)
def secrets_encrypted(cluster: Resource) -> Iterator[str]:
    if not given(cluster.inputs, "encryptionConfig", "provider", "keyArn"):
        yield "keeps its Secrets without a key of the estate"


@RULES.of_resource(
    _CLUSTER,
    name="aws-eks-audit-logs",
    title="The API server writes its audit log",
    reason="Who did what in the cluster stands nowhere else",
    remedy="add audit and authenticator to enabledClusterLogTypes",
    severity="medium",
    references=[fsbp("EKS.8"), cis_eks("2.1.1")],
)
def audit_logs(cluster: Resource) -> Iterator[str]:
    absent = {"audit", "authenticator"} - {*texts(cluster.inputs, "enabledClusterLogTypes")}
    if absent and not unseen(cluster.inputs, "enabledClusterLogTypes"):
        yield f"does not log {' and '.join(sorted(absent))}"


@RULES.of_stack(
    name="aws-eks-supported-version",
    title="The cluster's Kubernetes is in standard support",
    reason="After it, EKS asks six times as much an hour, and in the end moves the cluster by itself",
    remedy="move to a newer version, one minor at a time (infra/pins.py)",
    severity="high",
    references=[fsbp("EKS.2")],
)
def supported_version(stack: Stack) -> Iterator[tuple[Resource, str]]:
    for cluster in stack.of_type(_CLUSTER):
        version = text(cluster.inputs, "version")
        if version is not None and out_of_standard_support(version, stack.today):
            yield cluster, f"has Kubernetes {version}, which is out of standard support"


@RULES.of_resource(
    _CLUSTER,
    name="aws-eks-access-entries",
    title="Who may use the cluster stands in access entries",
    reason="A ConfigMap that grants rights is seen by no review of IAM, and one mistake in it locks "
    "everyone out",
    remedy="set accessConfig.authenticationMode to API",
    severity="medium",
    references=[cis_eks("5.5.1")],
)
def access_entries(cluster: Resource) -> Iterator[str]:
    mode = at(cluster.inputs, "accessConfig", "authenticationMode")
    if mode != "API" and not unseen(mode):
        yield "takes rights from the ConfigMap aws-auth"


@RULES.of_stack(
    name="aws-eks-private-nodes",
    title="Nodes are in subnets without a way in from the internet",
    reason="A node with a public way in is one open port away from the pods on it",
    remedy="put node groups into subnets whose default route is a NAT gateway",
    severity="high",
    references=[cis_eks("5.4.3")],
)
def private_nodes(stack: Stack) -> Iterator[tuple[Resource, str]]:
    public = {subnet.urn for subnet in public_subnets(stack)}
    for nodes in stack.of_type(_NODES):
        inside = {
            subnet.name
            for subnet in stack.behind(nodes, "subnetIds", "aws:ec2/subnet:Subnet")
            if subnet.urn in public
        }
        if inside:
            yield nodes, f"has nodes in the public subnet {min(inside)}"


def public_subnets(stack: Stack) -> Iterator[Resource]:
    """Subnets whose routes lead to an internet gateway."""
    routed = {
        table.urn
        for route in stack.of_type("aws:ec2/route:Route")
        for _ in stack.behind(route, "gatewayId", "aws:ec2/internetGateway:InternetGateway")
        for table in stack.behind(route, "routeTableId")
    }
    for association in stack.of_type("aws:ec2/routeTableAssociation:RouteTableAssociation"):
        if any(table.urn in routed for table in stack.behind(association, "routeTableId")):
            yield from stack.behind(association, "subnetId", "aws:ec2/subnet:Subnet")


@RULES.of_resource(
    _NODES,
    name="aws-eks-nodes-by-template",
    title="Nodes are made from a launch template of the estate",
    reason="Without one, EKS chooses disks and metadata options, and no rule sees them",
    remedy="give the node group a launchTemplate",
    severity="medium",
    references=[cis_eks("3.1.1")],
)
def nodes_by_template(nodes: Resource) -> Iterator[str]:
    if not given(nodes.inputs, "launchTemplate"):
        yield "has no launch template"


@RULES.of_resource(
    _NODES,
    name="aws-eks-no-remote-access",
    title="Nobody logs in to nodes",
    reason="A key pair of nodes is a long-lived key to everything that runs on them",
    remedy="leave remoteAccess out; Session Manager needs no key",
    severity="high",
    references=[cis_eks("5.4.3")],
)
def no_remote_access(nodes: Resource) -> Iterator[str]:
    if given(nodes.inputs, "remoteAccess", "ec2SshKey"):
        yield "lets people log in by a key pair"


@RULES.of_resource(
    "aws:eks/addon:Addon",
    name="aws-eks-addons-pinned",
    title="Every add-on of the cluster has a version",
    reason="Without one, two ups of one program make two clusters",
    remedy="set addonVersion (infra/pins.py)",
    severity="low",
)
def addons_pinned(addon: Resource) -> Iterator[str]:
    if not given(addon.inputs, "addonVersion"):
        yield "takes whichever version is newest"
