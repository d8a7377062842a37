"""Cost, and what holds for both sites together."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from infra.review.resource import Resource
from tests.infra.policy.cases.kubernetes import DEPLOYMENT, NAMESPACE, SERVICE
from tests.infra.policy.cases.made import Case, made, urn

NODES = "aws:eks/nodeGroup:NodeGroup"
PRIVATE_NODES = "openstack:containerinfra/nodeGroup:NodeGroup"
TEMPLATE = "aws:ec2/launchTemplate:LaunchTemplate"
CLUSTER = "aws:eks/cluster:Cluster"
MAGNUM = "openstack:containerinfra/cluster:Cluster"
AWS = "pulumi:providers:aws"
KUBERNETES = "pulumi:providers:kubernetes"
TAGS = {"project": "p", "environment": "e", "owner": "o"}
EVERY = [{"resourceType": kind, "tags": TAGS} for kind in ("instance", "volume")]


def gpu_nodes(**inputs: Any) -> Resource:
    """A pool of the instance type g5.xlarge, which has one GPU."""
    return made(NODES, **{"instanceTypes": ["g5.xlarge"], **inputs})


def bought(provider: str, region: str = "eu-west-1", **tags: str) -> list[Resource]:
    written = '{"tags": {' + ", ".join(f'"{key}": "{value}"' for key, value in tags.items()) + "}}"
    return [
        made(AWS, provider, region=region, defaultTags=written),
        made(NODES, provider=urn(AWS, provider), instanceTypes=["g6.xlarge"]),
    ]


def tunnels(cipher: str) -> Resource:
    """AWS's half of a link."""
    options: dict[str, Any] = {}
    for tunnel in (1, 2):
        for phase in (1, 2):
            options[f"tunnel{tunnel}Phase{phase}EncryptionAlgorithms"] = [cipher]
            options[f"tunnel{tunnel}Phase{phase}IntegrityAlgorithms"] = ["SHA2-256"]
            options[f"tunnel{tunnel}Phase{phase}DhGroupNumbers"] = [14]
    return made("aws:ec2/vpnConnection:VpnConnection", "aws-half", **options)


PRIVATE_HALF = made(
    "openstack:vpnaas/ikePolicy:IkePolicy",
    encryptionAlgorithm="aes-256",
    authAlgorithm="sha256",
    pfs="group14",
)


def site(kind: str, name: str) -> list[Resource]:
    """A cluster and the provider that speaks to it."""
    return [made(kind, name, name=name), made(KUBERNETES, f"in-{name}", cluster=name)]


def workload(cluster: str, *variables: str, kind: str = DEPLOYMENT, **spec: Any) -> Resource:
    """Pods in a cluster that have variables, one GPU each, in the pool ``serving``."""
    container = {
        "name": "main",
        "env": [{"name": name, "valueFrom": {}, "value": "x"} for name in variables],
        "resources": {"limits": {"nvidia.com/gpu": "1"}},
    }
    pod = {"containers": [container], "nodeSelector": {"isthmus.dev/pool": "serving"}}
    template = {"metadata": {"labels": {"app": "app"}}, "spec": pod}
    return made(
        kind,
        provider=urn(KUBERNETES, f"in-{cluster}"),
        metadata={"name": "app", "namespace": "app"},
        spec={"template": template, **spec},
    )


def service(cluster: str, kind: str) -> Resource:
    spec = {"type": kind, "selector": {"app": "app"}}
    return made(
        SERVICE, "door", provider=urn(KUBERNETES, f"in-{cluster}"), metadata={"name": "door"}, spec=spec
    )


def pool(most: int) -> Resource:
    return made(
        NODES,
        "pool",
        instanceTypes=["g5.xlarge"],
        scalingConfig={"maxSize": most},
        labels={"isthmus.dev/pool": "serving"},
    )


def scaler(most: int) -> Resource:
    return made(
        "kubernetes:autoscaling/v2:HorizontalPodAutoscaler",
        "scaler",
        provider=urn(KUBERNETES, "in-eks"),
        spec={"maxReplicas": most, "scaleTargetRef": {"name": "app"}},
    )


def quota(gpus: int) -> list[Resource]:
    provider = urn(KUBERNETES, "in-eks")
    return [
        made(NAMESPACE, "app", provider=provider, metadata={"name": "app"}),
        made(
            "kubernetes:core/v1:ResourceQuota",
            "quota",
            provider=provider,
            metadata={"namespace": "app"},
            spec={"hard": {"requests.nvidia.com/gpu": str(gpus)}},
        ),
    ]


EKS, PRIVATE = site(CLUSTER, "eks"), site(MAGNUM, "magnum")
ROLLING: dict[str, Any] = {"strategy": {"rollingUpdate": {"maxSurge": 1}}}
JOB = "kubernetes:batch/v1:Job"
CIDR = "openstack:networking/subnet:Subnet"

CASES = {
    "finops-aws-tags": Case(bought("aws", **TAGS), bought("aws", project="p")),
    "finops-openstack-tags": Case(
        [
            made(PRIVATE_NODES, labels=TAGS),
            made("openstack:networking/network:Network", "n", tags=[*map("{}=x".format, TAGS)]),
        ],
        [made("openstack:networking/network:Network", tags=["project=p"])],
    ),
    "finops-gpu-pool-bounded": Case(
        [
            gpu_nodes(scalingConfig={"maxSize": 4}),
            made(PRIVATE_NODES, "fixed", flavorId="g1.l4", nodeCount=2),
        ],
        [made(PRIVATE_NODES, flavorId="g1.l4", maxNodeCount=100)],
    ),
    "finops-gpu-pool-tagged": Case(
        [
            made(TEMPLATE, "t", tagSpecifications=EVERY),
            gpu_nodes(depends__launchTemplate=[urn(TEMPLATE, "t")]),
        ],
        [
            made(TEMPLATE, "t", tagSpecifications=EVERY[:1]),
            gpu_nodes(depends__launchTemplate=[urn(TEMPLATE, "t")]),
        ],
    ),
    "finops-gpu-pool-tainted": Case([gpu_nodes(taints=[{"key": "nvidia.com/gpu"}])], [gpu_nodes(taints=[])]),
    "finops-gp3": Case(
        [made("aws:ebs/volume:Volume", type="gp3")], [made("aws:ebs/volume:Volume", type="gp2")]
    ),
    "finops-current-generation": Case(
        [gpu_nodes()], [made("aws:ec2/instance:Instance", instanceType="p2.xlarge")]
    ),
    "finops-budget": Case(
        [
            made(CLUSTER),
            made(
                "aws:budgets/budget:Budget",
                "b",
                notifications=[{"subscriberEmailAddresses": ["a@example.org"]}],
            ),
        ],
        [made(CLUSTER), made("aws:budgets/budget:Budget", "b", notifications=[])],
    ),
    "finops-address-used": Case(
        [
            made("aws:ec2/eip:Eip"),
            made("aws:ec2/natGateway:NatGateway", "nat", depends__allocationId=[urn("aws:ec2/eip:Eip")]),
        ],
        [made("aws:ec2/eip:Eip")],
    ),
    "finops-uploads-end": Case(
        [
            made(
                "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
                rules=[{"abortIncompleteMultipartUpload": {"daysAfterInitiation": 7}}],
            )
        ],
        [
            made(
                "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration", rules=[{"expiration": {}}]
            )
        ],
    ),
    "finops-types-offered": Case(bought("aws", "eu-central-1"), bought("aws", "eu-west-1")),
    "finops-pool-sizes-fit": Case(
        [gpu_nodes(scalingConfig={"minSize": 1, "maxSize": 4})],
        [gpu_nodes(scalingConfig={"minSize": 5, "maxSize": 4})],
    ),
    "estate-link-halves-agree": Case([tunnels("AES256"), PRIVATE_HALF], [tunnels("AES128"), PRIVATE_HALF]),
    "estate-no-overlap": Case(
        [made("aws:ec2/vpc:Vpc", "v", cidrBlock="10.0.0.0/16"), made(CIDR, cidr="10.1.0.0/20")],
        [made("aws:ec2/vpc:Vpc", "v", cidrBlock="10.0.0.0/16"), made(CIDR, cidr="10.0.16.0/20")],
    ),
    "estate-raw-data-stays-private": Case(
        [*PRIVATE, workload("magnum", "PSEUDONYM_KEY"), made("aws:s3/bucket:Bucket", bucket="p-arrivals")],
        [*EKS, workload("eks", "ORDERS_URL")],
    ),
    "estate-no-path-to-raw-data": Case(
        [*PRIVATE, workload("magnum", "ORDERS_URL"), service("magnum", "ClusterIP")],
        [*PRIVATE, workload("magnum", "ORDERS_URL"), service("magnum", "NodePort")],
    ),
    "estate-rollout-fits": Case(
        [*EKS, workload("eks", **ROLLING), scaler(3), pool(4), *quota(4)],
        [*EKS, workload("eks", **ROLLING), scaler(4), pool(4), *quota(8)],
    ),
    "estate-protected": Case(
        [
            replace(made("aws:s3/bucket:Bucket", "b"), protected=True),
            replace(made("aws:eks/cluster:Cluster", deletionProtection=True), protected=True),
        ],
        [
            replace(made("aws:s3/bucket:Bucket", "b"), protected=True),
            replace(made("aws:eks/cluster:Cluster"), protected=True),
        ],
        stack="prod",
    ),
    "estate-training-fits": Case(
        [*EKS, workload("eks", kind=JOB, parallelism=4), pool(4), *quota(4)],
        [*EKS, workload("eks", kind=JOB, parallelism=4), pool(4), *quota(3)],
    ),
}
