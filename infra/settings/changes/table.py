"""The table of changes: a row for each setting.

A test goes through every key of the models, so a setting without a row fails; another plays each row on an
estate that stands, with the real engine (``tests/rehearsal/standing``).
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from infra.settings.changes.change import IN_PLACE, Change, again, more_or_less, refused
from infra.settings.keys import NAME

NOUNS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "aws:ec2/vpc:Vpc": "VPC",
        "aws:ec2/natGateway:NatGateway": "NAT gateways",
        "aws:ec2/customerGateway:CustomerGateway": "customer gateway",
        "aws:ec2/vpnGateway:VpnGateway": "VPN gateway",
        "aws:ec2transitgateway/transitGateway:TransitGateway": "transit gateway",
        "aws:ec2/vpnConnection:VpnConnection": "VPN connection",
        "aws:ec2/vpcEndpoint:VpcEndpoint": "VPC endpoints",
        "aws:eks/cluster:Cluster": "EKS cluster",
        "aws:eks/nodeGroup:NodeGroup": "node groups in AWS",
        "aws:eks/accessEntry:AccessEntry": "access entries",
        "aws:s3/bucket:Bucket": "buckets",
        "aws:cloudwatch/logGroup:LogGroup": "log groups",
        "aws:iam/role:Role": "roles of pods",
        "aws:iam/openIdConnectProvider:OpenIdConnectProvider": "OIDC provider",
        "aws:budgets/budget:Budget": "budget",
        "openstack:networking/subnet:Subnet": "private subnet",
        "openstack:networking/router:Router": "private router",
        "openstack:compute/instance:Instance": "gateway servers",
        "openstack:containerinfra/cluster:Cluster": "Magnum cluster",
        "openstack:containerinfra/nodeGroup:NodeGroup": "node groups of the Magnum cluster",
        "openstack:objectstorage/container:Container": "private container",
        "openstack:vpnaas/service:Service": "VPN service",
        "openstack:vpnaas/siteConnection:SiteConnection": "IPsec connection",
        "kubernetes:core/v1:Namespace": "namespaces",
        "kubernetes:core/v1:Secret": "Secret of the private keys",
        "kubernetes:batch/v1:Job": "jobs",
        "kubernetes:batch/v1:CronJob": "scheduled jobs",
        "kubernetes:apps/v1:Deployment": "servers",
        "kubernetes:argoproj.io/v1alpha1:Rollout": "servers",
        "kubernetes:helm.sh/v3:Release": "charts",
    }
)
"""What is worth telling of, by resource type. The rest (rules, routes, attachments) goes with these."""

BOUNDS: Final = Change(
    "in place",
    (),
    "A higher min or a lower max sets the number of nodes to min; the autoscaler goes on from there.",
)
PRIVATE_BOUNDS: Final = Change(
    "in place",
    (),
    "A lower max, or a min above the former max, makes the node group again, and what runs there begins "
    "again: Magnum takes no bounds that leave out the number of nodes which it knows.",
)
RUNS_AGAIN: Final = again("jobs", note="Transfer, training, ranking and validation run again.")
STUDY_AGAIN: Final = again("jobs", note="The study begins again.")
PRIVATE_CLUSTER: Final = again(
    "Magnum cluster",
    "node groups of the Magnum cluster",
    "namespaces",
    "Secret of the private keys",
    "jobs",
    "scheduled jobs",
    "servers",
    note="The private cluster and all that runs in it is deleted and made again: some twenty minutes without "
    "validation and without answers from this site.",
    warns=True,
)
PUBLIC_CLUSTER: Final = (
    "EKS cluster",
    "node groups in AWS",
    "access entries",
    "namespaces",
    "jobs",
    "scheduled jobs",
    "servers",
)
REVIEWED: Final = Change("nothing", (), "Only the review reads it.")
SERVERS: Final = again(
    "gateway servers",
    note="The link is down until the gateway servers are made again, one after the other: some minutes. With "
    "Neutron VPNaaS, its connection.",
    warns=True,
)


def _elsewhere(what: str) -> Change:
    return refused(
        f"An estate does not move to another {what}, and its data would stay behind: make a second stack "
        "there, move "
        "over, and destroy this one."
    )


def _all(prefix: str, names: str, change: Change) -> dict[str, Change]:
    return {f"{prefix}.{name}": change for name in names.split()}


CHANGES: Final[Mapping[str, Change]] = MappingProxyType(
    {
        "aws.region": _elsewhere("region"),
        "aws.account_id": _elsewhere("account"),
        "aws.endpoint_url": refused(
            "The stand-in at the old address holds all that stands in AWS: run `isthmus down` first."
        ),
        "aws.network.cidr": again(
            "VPC",
            "NAT gateways",
            *PUBLIC_CLUSTER,
            note="All of the public site but its buckets, keys and images is deleted and made again, and "
            "the link is "
            "down meanwhile: some forty minutes without training and without answers from this site.",
            warns=True,
        ),
        "aws.network.zones": again(
            "node groups in AWS",
            note="Subnets come and go with their zones; those of zones that stay, stay. Nodes are made "
            "again, new "
            "ones before the old ones drain. The order changes nothing.",
        ),
        "aws.network.nat_gateways": more_or_less(
            "NAT gateways", note="The addresses that the site is seen with on the internet change."
        ),
        "aws.cluster.service_cidr": again(
            *PUBLIC_CLUSTER,
            note="The EKS cluster and all that runs in it is deleted and made again: some thirty minutes "
            "without "
            "training and without answers from this site.",
            warns=True,
        ),
        "aws.cluster.deployer": again(
            *PUBLIC_CLUSTER,
            note="Named for the first time, or no longer, the EKS cluster and all that runs in it is made "
            "again: EKS decides once whether its creator is an administrator. Another role in its place is "
            "another access entry.",
            warns=True,
        ),
        "aws.cluster.kubernetes_version": Change(
            "in place",
            (),
            "Up by one minor version: the control plane, then the nodes one by one, then the add-ons. A "
            "jump, or a way back, is refused with the steps.",
        ),
        **_all("aws.cluster", "admins viewers", more_or_less("access entries")),
        "aws.cluster.api_allowed_cidrs": IN_PLACE,
        "aws.cluster.system_nodes.instance_type": again(
            "node groups in AWS", note="New nodes come before the old ones drain."
        ),
        **_all("aws.cluster.system_nodes", "min max", BOUNDS),
        "aws.cluster.system_nodes.disk_gib": Change("in place", (), "Nodes are replaced one by one."),
        "aws.gpu_pools": more_or_less("node groups in AWS"),
        f"aws.gpu_pools.{NAME}.instance_type": again(
            "node groups in AWS", note="What runs on the pool begins again on new nodes."
        ),
        **_all(f"aws.gpu_pools.{NAME}", "min max", BOUNDS),
        f"aws.gpu_pools.{NAME}.purpose": IN_PLACE,
        f"aws.gpu_pools.{NAME}.capacity": more_or_less(
            "node groups in AWS", note="What runs on the pool begins again on new nodes."
        ),
        f"aws.gpu_pools.{NAME}.nodes": more_or_less(
            "node groups in AWS",
            "charts",
            "roles of pods",
            note="What runs on the pool's nodes is moved to those of the other maker.",
            warns=True,
        ),
        f"aws.gpu_pools.{NAME}.disk_gib": Change("in place", (), "Nodes are replaced one by one."),
        "aws.cpu_pools": more_or_less("node groups in AWS"),
        f"aws.cpu_pools.{NAME}.instance_type": again(
            "node groups in AWS", note="What runs on the pool begins again on new nodes."
        ),
        **_all(f"aws.cpu_pools.{NAME}", "min max", BOUNDS),
        f"aws.cpu_pools.{NAME}.capacity": more_or_less(
            "node groups in AWS", note="What runs on the pool begins again on new nodes."
        ),
        f"aws.cpu_pools.{NAME}.disk_gib": Change("in place", (), "Nodes are replaced one by one."),
        "aws.object_store.keep_objects": IN_PLACE,
        "aws.object_store.arrivals_days": Change(
            "in place",
            (),
            "With fewer days, S3 deletes batches that are older within a day.",
            warns=True,
            when_lowered=True,
        ),
        "aws.object_store.superseded_days": Change(
            "in place",
            (),
            "With fewer days, S3 deletes older versions within a day.",
            warns=True,
            when_lowered=True,
        ),
        "aws.object_store.logs_days": Change(
            "in place",
            (),
            "With fewer days, S3 deletes older logs within a day.",
            warns=True,
            when_lowered=True,
        ),
        "aws.object_store.releases_locked_days": Change(
            "in place",
            (),
            "What is locked stays so: fewer days hold for later releases, and S3 keeps a bucket's lock.",
        ),
        "aws.log_retention_days": Change(
            "in place", (), "With fewer days, CloudWatch deletes older logs.", warns=True, when_lowered=True
        ),
        "openstack.auth_url": Change(
            "in place", (), "It must be the same cloud: what stands is looked for there."
        ),
        "openstack.region": _elsewhere("region"),
        "openstack.external_network": again(
            "private router",
            "customer gateway",
            "gateway servers",
            *PRIVATE_CLUSTER.what,
            note="The private cluster and all that runs in it is deleted and made again, and the link is "
            "down "
            "meanwhile: some twenty minutes.",
            warns=True,
        ),
        "openstack.network.cidr": again(
            "private subnet",
            "gateway servers",
            *PRIVATE_CLUSTER.what,
            note="The private cluster and all that runs in it is deleted and made again, and the link is "
            "down "
            "meanwhile: some twenty minutes. Orders, reports and other machines' data are not touched.",
            warns=True,
        ),
        "openstack.network.dns": IN_PLACE,
        "openstack.network.data_cidrs": IN_PLACE,
        "openstack.object_store_url": again(
            "jobs",
            note="Transfer, training, ranking and validation run again, with the orders that are there.",
        ),
        "openstack.object_store_region": RUNS_AGAIN,
        **_all(
            "openstack.cluster",
            "driver image master_flavor node_flavor masters volume_gib pod_cidr service_cidr "
            "network_driver floating_api api_allowed_cidrs",
            PRIVATE_CLUSTER,
        ),
        "openstack.cluster.oidc_issuer": again(
            "OIDC provider", *PRIVATE_CLUSTER.what, note=PRIVATE_CLUSTER.note, warns=True
        ),
        **_all("openstack.cluster.nodes", "min max", PRIVATE_BOUNDS),
        "openstack.gpu_pools": more_or_less("node groups of the Magnum cluster"),
        **_all(
            f"openstack.gpu_pools.{NAME}",
            "flavor purpose",
            again(
                "node groups of the Magnum cluster",
                note="The pool's nodes are deleted and made again; what runs there begins again.",
                warns=True,
            ),
        ),
        **_all(f"openstack.gpu_pools.{NAME}", "min max", PRIVATE_BOUNDS),
        "openstack.object_store.keep_objects": IN_PLACE,
        "openstack.keys_secret": again(
            "Secret of the private keys",
            note="Jobs that start from then on use the keys of the other secret.",
        ),
        "openstack.throw_away_keys": again("Secret of the private keys"),
        **_all(
            "openstack.throw_away_keys",
            "pseudonym_key signing_key orders_access_key_id orders_secret_access_key",
            again("Secret of the private keys", note="Jobs that start from then on use the new keys."),
        ),
        "link.enabled": more_or_less(
            "VPN gateway",
            "VPN connection",
            "customer gateway",
            "gateway servers",
            "log groups",
            note="Without a link the sites do not reach each other.",
            warns=True,
        ),
        "link.gateway": more_or_less(
            "VPN gateway",
            "transit gateway",
            note="The link is down until the other gateway has it.",
            warns=True,
        ),
        "link.private_gateway": more_or_less(
            "gateway servers",
            "VPN service",
            "IPsec connection",
            "customer gateway",
            "VPN connection",
            note="The link is down until the other gateway has it.",
            warns=True,
        ),
        "link.servers.image": Change(
            "in place", (), "Each server is built again from the image, with what it was told at its start."
        ),
        "link.servers.flavor": Change("in place", (), "Nova resizes each server, which restarts it."),
        "link.gateway_address": again(
            "customer gateway", note="The link is down until it has moved.", warns=True
        ),
        "link.asn": again(
            "customer gateway",
            "gateway servers",
            note="The link is down until it has moved.",
            warns=True,
        ),
        "link.aws_asn": again(
            "VPN gateway",
            "gateway servers",
            note="The link is down until the other gateway has it.",
            warns=True,
        ),
        "link.inside_cidrs": again(
            "VPN connection",
            "gateway servers",
            note="The tunnels get new outside addresses and keys; the link is down meanwhile.",
            warns=True,
        ),
        "link.ike.version": Change("nothing", (), "There is one."),
        **_all("link.ike", "encryption integrity dh_group lifetime_seconds", SERVERS),
        **_all("link.esp", "encryption integrity pfs_group lifetime_seconds", SERVERS),
        **_all("link.dpd", "interval_seconds timeout_seconds", SERVERS),
        **_all("link", "initiator mtu_bytes", SERVERS),
        "link.key_generations": again(
            "gateway servers",
            note="Both ends of a tunnel get the other key, and its gateway server is made again: some "
            "minutes, in which the tunnels of the other one carry. Only the tunnels of one server change in "
            "one up.",
            warns=True,
        ),
        "link.data": more_or_less(
            "VPC endpoints",
            "jobs",
            "servers",
            note="Jobs and servers of the private site are started again, with the other way to their data.",
        ),
        "link.logs": more_or_less("log groups"),
        "link.alarm_topics": IN_PLACE,
        **_all(
            "orders",
            "columns.invoice columns.product columns.description columns.quantity columns.time "
            "columns.date columns.price columns.customer columns.country dates time_zone decimal thousands "
            "delimiter quote encoding product_code not_products cancellation missing_customer private "
            "currency home_country limits.day.malformed limits.day.unreadable limits.day.duplicates "
            "limits.day.cancellations limits.day.not_products limits.day.returns limits.day.zero_prices "
            "limits.day.missing_customers limits.day.cancelled_same_day limits.all.malformed "
            "limits.all.unreadable limits.all.duplicates limits.all.cancellations limits.all.not_products "
            "limits.all.returns limits.all.zero_prices limits.all.missing_customers "
            "limits.all.cancelled_same_day limits.spare_rows limits.fewer accept_fewer",
            RUNS_AGAIN,
        ),
        "training.enabled": more_or_less(
            "jobs",
            "scheduled jobs",
            "roles of pods",
            "Secret of the private keys",
            note="Uploads, releases and reports stay.",
        ),
        "training.started_by": more_or_less(
            "jobs", note="A training that runs is ended; the schedules go on, and what is served stays."
        ),
        **_all(
            "training",
            "workers pool orders_url orders_version window.first_day window.last_day hold_back_days epochs "
            "embedding_dim batch_size learning_rate half_life_days history_length "
            "exact_products index_recall shards seed base_port "
            "engine_memory "
