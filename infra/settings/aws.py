"""The public site: one AWS account, one region."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from infra.settings.addresses import Cidr, PrivateCidr
from infra.settings.quantities import Days, Nodes
from infra.settings.urls import HttpUrl
from isthmus.settings.annotations import Allowed, Unit, refuse
from isthmus.settings.quantities import Name
from isthmus.settings.section import Section

LOG_RETENTION_DAYS = (1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557)
"""Days that CloudWatch Logs accepts (API reference, PutRetentionPolicy), up to seven years."""

Region = Annotated[
    str, Field(pattern=r"^[a-z]{2,4}(-[a-z]+)+-[0-9]$"), Allowed("an AWS region such as eu-west-1")
]
Zone = Annotated[
    str,
    Field(pattern=r"^[a-z]{2,4}(-[a-z]+)+-[0-9][a-z]$"),
    Allowed("an availability zone such as eu-west-1a"),
]
AccountId = Annotated[
    str,
    Field(pattern=r"^[0-9]{12}$"),
    Allowed("an AWS account number of 12 digits"),
]
RoleArn = Annotated[
    str,
    # IAM API reference: a path of up to 512 characters, then a name of up to 64.
    Field(
        pattern=r"^arn:aws:iam::[0-9]{12}:(role|user)/([A-Za-z0-9+=,.@_-]{1,128}/){0,4}[A-Za-z0-9+=,.@_-]{1,64}$"
    ),
    Allowed("the ARN of an IAM role or user such as arn:aws:iam::012345678901:role/platform"),
]
RootDisk = Annotated[int, Unit("GiB"), Field(ge=20, le=16384)]
"""A gp3 volume (EBS user guide) that holds the snapshot of EKS's images: 20 GiB (awslabs/amazon-eks-ami)."""
KubernetesVersion = Annotated[
    str, Field(pattern=r"^1\.[1-9][0-9]$"), Allowed("a minor version of Kubernetes, such as 1.36")
]
InstanceType = Annotated[str, Allowed("an instance type of infra/settings/catalogue/aws.yaml")]


def _retention(value: int) -> int:
    if value not in LOG_RETENTION_DAYS:
        raise refuse(f"allowed is one of {', '.join(map(str, LOG_RETENTION_DAYS))} days")
    return value


class AwsNetwork(Section):
    """The VPC; its subnets are carved from ``cidr`` (see :mod:`infra.settings.subnets`)."""

    cidr: PrivateCidr
    """The VPC's network, /16 to /18: every zone takes a public /24, a private /20 and an intra /24 of it."""
    zones: Annotated[tuple[Zone, ...], Field(min_length=2, max_length=6)]
    """Availability zones of the region, two to six, in any order; a zone keeps its subnets when others
    come or go.
    """
    nat_gateways: Literal["single", "per_zone"] = "per_zone"
    """One NAT gateway for all zones, or one in each so that the loss of a zone cuts no other off."""


class SystemNodes(Section):
    """The nodes that run what a cluster needs itself; never GPU nodes."""

    instance_type: InstanceType = "m7i.large"
    """EC2 instance type of the system nodes."""
    min: Annotated[int, Unit("nodes"), Field(ge=1, le=100)] = 2
    """Fewest system nodes."""
    max: Annotated[int, Unit("nodes"), Field(ge=1, le=100)] = 4
    """Most system nodes."""
    disk_gib: RootDisk = 50
    """Size of each node's encrypted root disk."""


class AwsCluster(Section):
    """The EKS cluster."""

    service_cidr: PrivateCidr
    """Network of the cluster's service addresses, /12 to /24, outside every other network."""
    kubernetes_version: KubernetesVersion | None = None
    """Minor version to stay at, such as 1.35, on the way to the one that infra/pins.py names; absent: that
    one. A cluster that stands goes up by one minor version in one up, and never down."""
    deployer: RoleArn | None = None
    """IAM role that ``pulumi up`` runs as, a cluster-admin by an access entry of its own; none: EKS makes
    whoever first brings the cluster up its administrator, for ever and beside this file."""
    admins: tuple[RoleArn, ...] = ()
    """Other IAM roles or users that get cluster-admin by an EKS access entry."""
    viewers: tuple[RoleArn, ...] = ()
    """IAM roles or users that may look at everything in the cluster but Secrets, such as who is on call."""
    api_allowed_cidrs: Annotated[tuple[Cidr, ...], Field(max_length=40)] = ()
    """Networks that may reach the API server over the internet, 40 at most (a quota of EKS); none: it is
    reachable inside the VPC only."""
    system_nodes: SystemNodes = SystemNodes()
    """The system node group."""


class AwsPool(Section):
    """A pool of GPU nodes in AWS."""

    instance_type: InstanceType
    """EC2 instance type with GPUs."""
    min: Nodes = 0
    """Fewest nodes; 0 lets an idle pool cost nothing."""
    max: Nodes
    """Most nodes."""
    capacity: Literal["spot", "on_demand", "spot_with_fallback"] = "on_demand"
    """How the nodes are bought; ``spot_with_fallback`` takes on-demand nodes where spot has none."""
    disk_gib: RootDisk = 100
    """Size of each node's encrypted root disk."""
    purpose: Literal["training", "serving"] = "training"
    """What the pool is for; it becomes the nodes' label and taint."""
    nodes: Literal["managed", "karpenter"] = "managed"
    """Who makes the nodes: node groups of EKS, which the cluster autoscaler moves (``managed``), or
    Karpenter, when pods wait for them, until they are empty."""


class AwsCpuPool(Section):
    """A pool of nodes without GPUs in AWS: for the executors of the data stage, and for nobody else."""

    instance_type: InstanceType
    """EC2 instance type without GPUs."""
    min: Nodes = 0
    """Fewest nodes; 0 lets an idle pool cost nothing."""
    max: Nodes
    """Most nodes."""
    capacity: Literal["spot", "on_demand", "spot_with_fallback"] = "spot"
    """How the nodes are bought: an executor that is lost with its node costs time alone."""
    disk_gib: RootDisk = 100
    """Size of each node's encrypted root disk, which shuffled rows are written to."""


class AwsObjectStore(Section):
    """The buckets for arrivals, releases and logs."""

    keep_objects: bool = True
    """Refuse to destroy a bucket that still holds objects."""
    arrivals_days: Days = 400
    """Age at which batches of pseudonymous orders are deleted."""
    superseded_days: Days = 90
    """Age at which overwritten or deleted versions of an object go for good."""
    logs_days: Days = 365
    """Age at which access and flow logs are deleted."""
    releases_locked_days: Days | None = None
    """How long no version of a release can be deleted, not even by who may delete it (S3's object lock, in
    governance mode); absent: not locked. A bucket that was ever locked keeps the lock of what it holds."""


class AwsSettings(Section):
    """The public site."""

    region: Region
    """AWS region of everything on this site."""
    account_id: AccountId
    """The account this stack may touch; credentials of another account are refused by the provider."""
    endpoint_url: HttpUrl | None = None
    """Stand-in for every AWS API; only in stack ``local``, and only on this machine."""
    network: AwsNetwork
    """The VPC and its subnets."""
    cluster: AwsCluster
    """The EKS cluster."""
    gpu_pools: dict[Name, AwsPool] = Field(default_factory=dict)
    """GPU pools by name."""
    cpu_pools: dict[Name, AwsCpuPool] = Field(default_factory=dict)
    """Pools of nodes without GPUs by name."""
    object_store: AwsObjectStore = AwsObjectStore()
    """Buckets and their retention."""
    log_retention_days: Annotated[
        int,
        Unit("days"),
        AfterValidator(_retention),
        Field(json_schema_extra={"enum": list(LOG_RETENTION_DAYS)}),
        Allowed("one of " + ", ".join(map(str, LOG_RETENTION_DAYS))),
    ] = 365
    """How long CloudWatch keeps control plane, VPN and training logs."""
