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
            "checkpoint_steps "
            "checkpoint_seconds elastic_min_workers elastic_wait_seconds straggler_ratio straggler_epochs "
            "warm_start "
            "warm_start_epochs",
            RUNS_AGAIN,
        ),
        **_all(
            "training.model",
            "history blocks heads loss sampled_products unbought_weight time_features precision xla "
            "accumulate "
            "embedding_shards pretrain_epochs masked_share adapter_rank",
            RUNS_AGAIN,
        ),
        **_all("training.transfer", "bytes_per_second part_bytes at_once withhold_texts", RUNS_AGAIN),
        **_all(
            "training.gates",
            "min_recall_ratio_to_popularity min_recall_ratio_to_best_baseline max_recall_loss_to_service "
            "min_coverage min_segment_recall_ratio min_segment_recall_ratio_to_best_baseline "
            "max_segment_loss_to_service min_segment_customers min_customers",
            RUNS_AGAIN,
        ),
        "training.engine": more_or_less(
            "jobs",
            "roles of pods",
            note="The data stage runs again, by the other engine; the training finds the same shards.",
        ),
        "training.data.job": more_or_less(
            "jobs", "scheduled jobs", "roles of pods", note="The shards that are there stay."
        ),
        **_all(
            "training.data",
            "executors.count executors.cpus executors.memory executors.scratch_gib executors.pool",
            again("jobs", note="The data stage runs again, and finds the shards that it made."),
        ),
        "training.data.schedule": IN_PLACE,
        "training.tuning.enabled": more_or_less("jobs", "roles of pods", note="What a study found stays."),
        **_all("training.tuning", "trials parallel epochs held_back_days storage_url", STUDY_AGAIN),
        "training.retrain.enabled": more_or_less("scheduled jobs", "roles of pods"),
        **_all(
            "training.retrain",
            "schedule train_schedule follow_schedule max_age_days newest_days least_orders max_product_drift "
            "max_basket_drift max_price_drift max_new_customer_change max_recall_loss",
            IN_PLACE,
        ),
        "serving.enabled": more_or_less(
            "servers", "roles of pods", note="Nothing answers without it.", warns=True
        ),
        "serving.sites": more_or_less(
            "servers",
            "roles of pods",
            note="A site that is left out answers no more. The order changes nothing.",
            warns=True,
        ),
        **_all(
            "serving",
            "release pool trusted_keys",
            Change(
                "in place", (), "Pods are replaced one by one; the old ones answer until the new ones do."
            ),
        ),
        **_all("serving.replicas", "min max", IN_PLACE),
        "serving.autoscaling.by": Change(
            "in place", (), "The servers stay as many as they are until the new autoscaler has looked."
        ),
        **_all("serving.autoscaling", "queue_ms requests_per_second schedules without_metrics", IN_PLACE),
        "serving.rollout.strategy": more_or_less(
            "servers",
            note="A Rollout takes the Deployment's place, or the other way round: its servers answer before "
            "the others end, so both are there for a while. A release that changes in the same up is no "
            "canary.",
        ),
        **_all(
            "serving.rollout",
            "steps limits.failed limits.p99_ms limits.overlap customers",
            Change("in place", (), "The next canary is judged by it; one that is under way begins anew."),
        ),
        "serving.front.enabled": more_or_less(
            "servers",
            "charts",
            "roles of pods",
            note="Applications outside the clusters reach nothing without.",
            warns=True,
        ),
        **_all("serving.front.replicas", "min max", IN_PLACE),
        **_all(
            "serving.front",
            "callers tokens tokens.issuer tokens.audience tokens.jwks limits.requests_per_minute "
            "limits.in_flight limits.at_models limits.body_bytes answer_s drain_s",
            Change(
                "in place", (), "Fronts are replaced one by one; the old ones answer until the new ones do."
            ),
        ),
        "serving.front.feedback": more_or_less(
            "roles of pods",
            note="Fronts are replaced one by one. Without it they refuse feedback; what they brought stays.",
        ),
        "serving.front.guard": Change("in place", (), "Fronts read the new rules by themselves."),
        "serving.front.from_cidrs": IN_PLACE,
        **_all(
            "serving.front",
            "certificates.aws certificates.openstack plain_http",
            Change("in place", (), "The load balancer answers at the port of https or of http from then on."),
        ),
        "platform.runs": more_or_less(
            "charts",
            "namespaces",
            note="Add-ons of EKS come and go with them. Definitions of kinds go with "
            "their chart, and every object of these kinds with them.",
        ),
        "images.training": RUNS_AGAIN,
        "images.training_gpu": again("jobs", note="Training, ranking and validation run again."),
        "images.training_spark": again("jobs", note="The data stage runs again, and finds its shards."),
        "images.serving": Change(
            "in place", (), "Pods are replaced one by one; the old ones answer until the new ones do."
        ),
        "images.front": Change(
            "in place", (), "Fronts are replaced one by one; the old ones answer until the new ones do."
        ),
        "protection.protect": Change(
            "in place",
            (),
            "From then on the engine, and EKS, refuse to delete what is protected, or no more.",
        ),
        **_all("deploy", "runs_from from_cidrs", Change("nothing", (), "The next up takes the other way.")),
        "deploy.trail": Change("nothing", (), "`isthmus bootstrap STACK --up` makes the trail, or takes it."),
        "deploy.cost_tags": Change("nothing", (), "`isthmus bootstrap STACK --up` activates the tags."),
        "deploy.ci": Change("nothing", (), "`isthmus bootstrap STACK --up` makes CI's roles, or takes them."),
        **_all(
            "deploy.ci",
            "kind issuer repository branch",
            Change("nothing", (), "`isthmus bootstrap STACK --up` changes whom the roles trust."),
        ),
        "deploy.in_clusters": Change(
            "refused",
            (),
            "What is in the clusters is not taken out by a setting: turn training.enabled and "
            "serving.enabled off, or destroy the stack.",
            when_lowered=True,
        ),
        "budget.usd_per_month": Change("in place", (), "Without it, the budget goes."),
        **_all("budget", "alert_emails alert_percent", IN_PLACE),
        "budget.components": more_or_less(
            "budget", note="The review asks for each; AWS Budgets watches what of it is in AWS."
        ),
        **_all(
            "cost.usage",
            "requests_per_day training_hours busy_share spot_share nat_gb internet_gb link_gb arrivals_gb "
            "releases_gb logs_gb other_bucket_gb object_writes object_reads image_gb log_gb flow_log_gb "
            "key_requests queue_requests secret_requests private_object_gb",
            REVIEWED,
        ),
        **_all(
            "cost.price_book",
            "flavour_hour gpu_hour volume_gb_month object_gb_month floating_ip_hour load_balancer_hour",
            REVIEWED,
        ),
        "policy.exceptions": Change("nothing", (), "Only the review and the policy pack read them."),
    }
)


def change_of(key: str) -> Change | None:
    """The row of a key that holds names of its own, such as ``aws.cpu_pools.data.max``."""
    if key in CHANGES:
        return CHANGES[key]
    site, pools, _, *rest = [*key.split("."), "", ""]
    return CHANGES.get(".".join((site, pools, NAME, *[part for part in rest if part])))
