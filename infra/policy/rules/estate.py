"""What holds for both sites together."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from fnmatch import fnmatchcase
from ipaddress import IPv4Network, IPv6Network
from typing import Any, Final

from infra.policy.inputs import at, given, items, network, number, text, texts, true
from infra.policy.pods import TEMPLATES, containers, labels, pod
from infra.policy.references import DESIGN, nsa
from infra.policy.rule import Reference, Rules
from infra.policy.rules.finops import KARPENTER_NODES, gpus, most
from infra.policy.rules.kubernetes_access import within
from infra.policy.stack import Stack
from infra.review.finding import EXCEPTIONS
from infra.review.resource import Resource
from infra.settings.drivers import DRIVERS
from isthmus.pod_parts import GPU_RESOURCE, POOL_LABEL

RULES = Rules("Estate")

_VPN: Final = "aws:ec2/vpnConnection:VpnConnection"
_IKE: Final = "openstack:vpnaas/ikePolicy:IkePolicy"
_IPSEC: Final = "openstack:vpnaas/ipSecPolicy:IpSecPolicy"
_GROUP: Final = "openstack:vpnaas/endpointGroup:EndpointGroup"
_CONTAINER: Final = "openstack:objectstorage/container:Container"
_VPC: Final = "aws:ec2/vpc:Vpc"
_SUBNET: Final = "openstack:networking/subnet:Subnet"
_EKS: Final = "aws:eks/cluster:Cluster"
_TEMPLATE: Final = "openstack:containerinfra/clusterTemplate:ClusterTemplate"
_POOLS: Final = (
    "aws:eks/nodeGroup:NodeGroup",
    "openstack:containerinfra/nodeGroup:NodeGroup",
    KARPENTER_NODES,
)
_GROUP_LABELS: Final = tuple(driver.node_label for driver in DRIVERS.values())
_ANSWERING: Final = ("kubernetes:apps/v1:Deployment", "kubernetes:argoproj.io/v1alpha1:Rollout")
_LABELS: Final = (("labels",), ("spec", "template", "metadata", "labels"))
"""Where a group of nodes says what its nodes are labelled."""
_JOB: Final = "kubernetes:batch/v1:Job"
_SCALERS: Final = (
    "kubernetes:autoscaling/v2:HorizontalPodAutoscaler",
    "kubernetes:keda.sh/v1alpha1:ScaledObject",
)
_KEPT: Final = (
    "aws:s3/bucket:Bucket",
    "aws:s3/bucketV2:BucketV2",
    "aws:kms/key:Key",
    "aws:eks/cluster:Cluster",
    "openstack:objectstorage/container:Container",
    "openstack:containerinfra/cluster:Cluster",
)
"""What holds data, opens it, or runs everything else."""
KEPT_STACKS: Final = ("staging", "prod")
_LINK_DESIGN: Final = Reference("isthmus design", "decision 5", "docs/architecture.md")

RAW: Final = re.compile(
    r"^(PSEUDONYM_KEY|ORDERS_(URL|ENDPOINT_URL|ACCESS_KEY_ID|SECRET_ACCESS_KEY)|PRIVATE_BUCKET)$"
)
"""Variables by which a pod finds raw orders, or the key that makes pseudonyms of customers."""
RAW_NAME: Final = re.compile(r"(^|[-_.])(raw|orders|customers?|personal|pii)([-_.]|$)", re.IGNORECASE)
RAW_TAG: Final = ("raw", "personal", "customer")


def _alike(value: object) -> str:
    """A cipher or a hash as both clouds would write it: ``aes256``, ``sha256``."""
    plain = re.sub(r"[^a-z0-9]", "", str(value).lower())
    return re.sub(r"^sha2(?=\d{3})", "sha", plain)


def _halves(aws: Resource, phase: int, private: Resource) -> Iterator[str]:
    """What the proposals of AWS's tunnels and a policy of Neutron do not have in common."""
    compared = (
        ("EncryptionAlgorithms", "encryptionAlgorithm", "encryption"),
        ("IntegrityAlgorithms", "authAlgorithm", "integrity"),
        ("DhGroupNumbers", "pfs", "group"),
    )
    for tunnel in (1, 2):
        for ours, theirs, what in compared:
            offered = {
                _alike(int(each) if isinstance(each, float) else each).removeprefix("group")
                for each in items(aws.inputs, f"tunnel{tunnel}Phase{phase}{ours}")
            }
            wanted = text(private.inputs, theirs)
            if wanted is not None and offered and _alike(wanted).removeprefix("group") not in offered:
                yield (
                    f"asks for {what} {wanted} where tunnel {tunnel} of {aws.name} takes "
                    f"{', '.join(sorted(offered))} only"
                )
        seconds = number(aws.inputs, f"tunnel{tunnel}Phase{phase}LifetimeSeconds")
        for lifetime in items(private.inputs, "lifetimes"):
            own = number(lifetime, "value")
            if seconds is not None and own is not None and own != seconds:
                theirs = f"tunnel {tunnel} of {aws.name} after {seconds:.0f} s"
                yield f"renews its keys after {own:.0f} s, and {theirs}"


@RULES.of_stack(
    name="estate-link-halves-agree",
    title="The two halves of the link ask for the same",
    reason="A tunnel whose ends disagree does not come up, or falls at the first renewal of its keys",
    remedy="write each option once, in the section link",
    severity="high",
    references=[_LINK_DESIGN],
)
def link_halves_agree(stack: Stack) -> Iterator[tuple[Resource, str]]:
    connections = list(stack.of_type(_VPN))
    for aws in connections:
        for phase, kind in ((1, _IKE), (2, _IPSEC)):
            for policy in stack.of_type(kind):
                for fault in _halves(aws, phase, policy):
                    yield policy, fault
        yield from _networks_agree(stack, aws)


def _networks_agree(stack: Stack, aws: Resource) -> Iterator[tuple[Resource, str]]:
    remote = network(aws.inputs, "remoteIpv4NetworkCidr")
    local = network(aws.inputs, "localIpv4NetworkCidr")
    for group in stack.of_type(_GROUP):
        if text(group.inputs, "type") != "cidr" or remote is None:
            continue
        found = [net for each in texts(group.inputs, "endpoints") if (net := network(each))]
        if found and remote not in found:
            yield group, f"leads to {', '.join(map(str, found))}, and {aws.name} to {remote}"
    subnets = [net for each in stack.of_type(_SUBNET) if (net := network(each.inputs, "cidr"))]
    if local is not None and local.prefixlen and subnets and local not in subnets:
        yield (
            aws,
            f"leads to {local}, which is no subnet of the private site ({', '.join(map(str, subnets))})",
        )


@RULES.of_stack(
    name="estate-no-overlap",
    title="No two networks of the estate overlap",
    reason="An address that is in two places is reached in one of them",
    remedy="choose other addresses; `isthmus settings check` names which are free",
    severity="high",
    references=[_LINK_DESIGN],
)
def no_overlap(stack: Stack) -> Iterator[tuple[Resource, str]]:
    known: list[tuple[Resource, str, IPv4Network | IPv6Network]] = []
    for resource, what, value in _addresses(stack):
        found = network(value)
        if found is None:
            continue
        for other, whose, theirs in known:
            if found.version == theirs.version and found.overlaps(theirs):
                yield resource, f"has {what} {found}, which overlap {whose} {theirs} of {other.name}"
        known.append((resource, what, found))


def _addresses(stack: Stack) -> Iterator[tuple[Resource, str, Any]]:
    for vpc in stack.of_type(_VPC):
        yield vpc, "the addresses", at(vpc.inputs, "cidrBlock")
    for cluster in stack.of_type(_EKS):
        yield cluster, "the Services", at(cluster.inputs, "kubernetesNetworkConfig", "serviceIpv4Cidr")
    for subnet in stack.of_type(_SUBNET):
        yield subnet, "the addresses", at(subnet.inputs, "cidr")
    for template in stack.of_type(_TEMPLATE):
        for label in ("calico_ipv4pool", "cilium_ipv4pool"):
            yield template, "the pods", at(template.inputs, "labels", label)
        yield template, "the Services", at(template.inputs, "labels", "service_cluster_ip_range")
    for connection in stack.of_type(_VPN):
        for tunnel in (1, 2):
            yield connection, f"tunnel {tunnel} in", at(connection.inputs, f"tunnel{tunnel}InsideCidr")


def raw_variables(workload: Resource) -> list[str]:
    """The variables by which a workload's pods reach raw orders."""
    return sorted(
        {
            name
            for each in containers(workload)
            for variable in items(each, "env")
            if RAW.match(name := text(variable, "name") or "")
            and (given(variable, "value") or given(variable, "valueFrom"))
        }
    )


@RULES.of_stack(
    name="estate-raw-data-stays-private",
    title="Customers' data, and the key of their pseudonyms, are in the private site alone",
    reason="That is what the private site is for: AWS sees pseudonyms",
    remedy="run what reads raw orders in the private cluster, and keep their buckets there",
    severity="critical",
    references=[DESIGN],
)
def raw_data_stays_private(stack: Stack) -> Iterator[tuple[Resource, str]]:
    for workload in stack.of_type(*TEMPLATES):
        found = raw_variables(workload)
        if found and stack.site(workload) == "aws":
            yield workload, f"gets {', '.join(found)} in AWS"
    for bucket in stack.of_type("aws:s3/bucket:Bucket", "aws:s3/bucketV2:BucketV2"):
        name = text(bucket.inputs, "bucket") or bucket.name
        tags = at(bucket.inputs, "tags")
        marked = [str(value) for value in tags.values()] if isinstance(tags, dict) else []
        if RAW_NAME.search(name) or any(value.lower() in RAW_TAG for value in marked):
            yield bucket, "holds customers' data in AWS, by its name or tags"


@RULES.of_stack(
    name="estate-no-path-to-raw-data",
    title="No way leads from the internet to raw data",
    reason="What reads raw orders is asked by nobody; a way in would be there for thieves alone",
    remedy="take the Service's way out, the Ingress, the floating address or the public ACL away",
    severity="critical",
    references=[DESIGN, nsa("Network separation and hardening")],
)
def no_path_to_raw_data(stack: Stack) -> Iterator[tuple[Resource, str]]:
    guarded = [each for each in stack.of_type(*TEMPLATES) if raw_variables(each)]
    for workload in guarded:
        for service in _services(stack, workload):
            if text(service.inputs, "spec", "type") in ("LoadBalancer", "NodePort"):
                yield (
                    workload,
                    f"reads raw data and can be reached from outside by the Service {service.name}",
                )
            for ingress in stack.of_type("kubernetes:networking.k8s.io/v1:Ingress"):
                if _leads_to(ingress, service) and ingress.provider == service.provider:
                    yield workload, f"reads raw data and can be reached by the Ingress {ingress.name}"
        if any(given(port, "hostPort") for each in containers(workload) for port in items(each, "ports")):
            yield workload, "reads raw data and takes a port of its node"
    for container in stack.of_type(_CONTAINER):
        for key in ("containerRead", "containerWrite"):
            if ".r:*" in (text(container.inputs, key) or ""):
                yield container, f"holds raw data and is open to everyone by {key}"


def _services(stack: Stack, workload: Resource) -> Iterator[Resource]:
    own = labels(workload)
    for service in stack.of_type("kubernetes:core/v1:Service"):
        selector = at(service.inputs, "spec", "selector")
        if (
            service.provider == workload.provider
            and isinstance(selector, dict)
            and selector
            and all(own.get(key) == value for key, value in selector.items())
        ):
            yield service


def _leads_to(ingress: Resource, service: Resource) -> bool:
    name = text(service.inputs, "metadata", "name")
    backends = [
        text(path, "backend", "service", "name")
        for rule in items(ingress.inputs, "spec", "rules")
        for path in items(rule, "http", "paths")
    ]
    backends.append(text(ingress.inputs, "spec", "defaultBackend", "service", "name"))
    return name is not None and name in backends


def _pool(stack: Stack, workload: Resource) -> list[Resource]:
    """The groups of nodes that a workload's pods select."""
    name, site = text(pod(workload), "nodeSelector", POOL_LABEL), stack.site(workload)
    # Magnum's drivers give nodes one label, which holds the name of their group.
    group = next(filter(None, (text(pod(workload), "nodeSelector", label) for label in _GROUP_LABELS)), None)
    return [
        nodes
        for nodes in stack.of_type(*_POOLS)
        if stack.site(nodes) == site
        and (
            (name is not None and name in (text(at(nodes.inputs, *path), POOL_LABEL) for path in _LABELS))
            or (group is not None and text(nodes.inputs, "name") == group)
        )
    ]


def gpus_asked(workload: Resource) -> float:
    """The GPUs of one of a workload's pods."""
    return sum(
        number(each, "resources", "limits", GPU_RESOURCE) or 0 for each in items(pod(workload), "containers")
    )


def _room(stack: Stack, workload: Resource) -> float | None:
    """How many of a workload's pods its pool takes at its largest; None where that cannot be told."""
    pool, asked = _pool(stack, workload), gpus_asked(workload)
    if not pool or not asked:
        return None
    sizes = [(most(nodes), gpus(nodes)) for nodes in pool]
    if any(bound is None or not of_node for bound, of_node in sizes):
        return None
    # Groups of one pool are ways to buy the same nodes.
    return max((bound or 0) * (of_node // asked) for bound, of_node in sizes)


def _most_replicas(stack: Stack, deployment: Resource) -> float:
    name = text(deployment.inputs, "metadata", "name")
    for scaler in stack.of_type(*_SCALERS):
        aimed = text(scaler.inputs, "spec", "scaleTargetRef", "name")
        bound = number(scaler.inputs, "spec", "maxReplicas") or number(
            scaler.inputs, "spec", "maxReplicaCount"
        )
        if aimed == name and bound is not None and scaler.provider == deployment.provider:
            return bound
    return number(deployment.inputs, "spec", "replicas") or 1


def _surge(deployment: Resource, replicas: float) -> float:
    if text(deployment.inputs, "spec", "strategy", "type") == "Recreate":
        return 0
    rolling, canary = (
        at(deployment.inputs, "spec", "strategy", kind, "maxSurge") for kind in ("rollingUpdate", "canary")
    )
    given_surge = rolling if rolling is not None else canary
    if isinstance(given_surge, str) and given_surge.endswith("%"):
        # Kubernetes rounds a share of a surge up.
        return -(-replicas * (number(given_surge[:-1]) or 0) // 100)
    surge = number(given_surge)
    return surge if surge is not None else -(-replicas // 4)


@RULES.of_stack(
    name="estate-rollout-fits",
    title="All replicas, and those by which a rollout begins, fit their pool and their quota",
    reason="A rollout at full size would wait for ever for a node that never comes, or be refused without "
    "a word",
    remedy="raise max of the pool, or lower serving.replicas.max",
    severity="high",
)
def rollout_fits(stack: Stack) -> Iterator[tuple[Resource, str]]:
    for deployment in stack.of_type(*_ANSWERING):
        replicas = _most_replicas(stack, deployment)
        needed = replicas + _surge(deployment, replicas)
        room = _room(stack, deployment)
        if room is not None and needed > room:
            yield (
                deployment,
                f"needs room for {needed:.0f} pods at its largest, and its pool takes {room:.0f}",
            )
        yield from _quota(stack, deployment, needed)


@RULES.of_stack(
    name="estate-training-fits",
    title="All workers of a training fit their pool and their quota",
    reason="Workers wait for each other: with one that gets no node, none begins, and all are paid",
    remedy="raise max of the pool, or lower training.workers",
    severity="high",
)
def training_fits(stack: Stack) -> Iterator[tuple[Resource, str]]:
    for job in stack.of_type(_JOB):
        workers = number(job.inputs, "spec", "parallelism") or 1
        room = _room(stack, job)
        if room is not None and workers > room:
            yield job, f"has {workers:.0f} workers, and its pool takes {room:.0f}"
        yield from _quota(stack, job, workers)


def _quota(stack: Stack, workload: Resource, pods: float) -> Iterator[tuple[Resource, str]]:
    asked = gpus_asked(workload) * pods
    for quota in stack.of_type("kubernetes:core/v1:ResourceQuota"):
        if not _beside(stack, workload, quota):
            continue
        for key, needed in ((f"requests.{GPU_RESOURCE}", asked), ("pods", pods)):
            hard = number(quota.inputs, "spec", "hard", key)
            if hard is not None and needed > hard:
                yield (
                    workload,
                    f"needs {key} {needed:.0f} at its largest, and the quota {quota.name} allows {hard:.0f}",
                )


def _beside(stack: Stack, workload: Resource, quota: Resource) -> bool:
    for namespace in stack.of_type("kubernetes:core/v1:Namespace"):
        if any(each.urn == quota.urn for each in within(stack, namespace, quota.type)):
            return any(each.urn == workload.urn for each in within(stack, namespace, workload.type))
    return False


@RULES.of_stack(
    name=EXCEPTIONS,
    title="Every exception names a rule and a resource that are there, and has not run out",
    reason="An exception that nobody looks at again is a rule that does not hold",
    remedy="take it out, or let its owner say again why and until when (policy.exceptions)",
    severity="high",
)
def policy_exceptions_hold(stack: Stack) -> Iterator[tuple[Resource, str]]:
    from infra.policy.rules import RULES as ALL

    known = {rule.name for rule in ALL}
    top = next((each for each in stack.resources.values() if each.type == "pulumi:pulumi:Stack"), None)
    top = top or next(iter(stack.resources.values()), None)
    if top is None:
        return
    for each in stack.exceptions:
        if each.rule not in known:
            yield top, f"has an exception from {each.rule}, which is no rule"
        elif each.expires < stack.today:
            yield (
                top,
                f"has an exception from {each.rule} for {each.resource} that ran out on {_day(each.expires)}",
            )
        elif not any(fnmatchcase(found.name, each.resource) for found in stack.resources.values()):
            yield top, f"has an exception from {each.rule} for {each.resource}, of which there is none"


def _day(day: date) -> str:
    return day.isoformat()


@RULES.of_stack(
    name="estate-protected",
    title="Data, its keys and the clusters of staging and prod refuse to be deleted",
    reason="A renamed component or a wrong setting would delete or replace them in an up like any other",
    remedy="leave protection.protect out, or set it to true; `isthmus destroy` takes it away, by name",
    severity="high",
    references=[
        Reference(
            "EKS user guide",
            "Protect EKS clusters from accidental deletion",
            "https://docs.aws.amazon.com/eks/latest/userguide/deletion-protection.html",
        )
    ],
)
def protected(stack: Stack) -> Iterator[tuple[Resource, str]]:
    if stack.name not in KEPT_STACKS:
        return
    for each in stack.of_type(*_KEPT):
        if not each.protected:
            yield each, "can be deleted or replaced by any up"
        elif each.type == _EKS and not true(each.inputs, "deletionProtection"):
            yield each, "can be deleted by EKS's API"
