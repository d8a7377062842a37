"""Every check, in the order in which a person mends what it finds."""

from __future__ import annotations

from typing import Final

from infra.doctor import link_keys
from infra.doctor.aws import (
    account,
    audit,
    first_up,
    names,
    offerings,
    principals,
    quotas,
    secrets_key,
    state_bucket,
    topics,
    versions,
    zones,
)  # fmt: skip
from infra.doctor.check import Check
from infra.doctor.openstack import (
    credential,
    flavours,
    images,
    keys_secret,
    magnum,
    outside,
    services,
    store,
)  # fmt: skip
from infra.doctor.openstack import quotas as room

BOOTSTRAP: Final = "`isthmus bootstrap STACK`"
OPERATOR: Final = "the operator of the private cloud"

CHECKS: Final[tuple[Check, ...]] = (
    Check(
        "account", "aws", "sts:GetCallerIdentity: the account of the credentials",
        "your organisation: an account for each stack, and a role in it", account.account,
    ),
    Check(
        "zones", "aws", "ec2:DescribeAvailabilityZones: the region is on, and its zones",
        "Account settings, AWS Regions", zones.zones,
    ),
    Check(
        "instance types", "aws", "ec2:DescribeInstanceTypeOfferings: each type in each zone",
        "another type or zone in the stack file", offerings.offerings,
    ),
    Check(
        "vCPU quotas", "aws", "servicequotas:GetServiceQuota: vCPUs of system nodes and GPU pools",
        "Service Quotas, by a request: minutes to days, and longest for GPUs", quotas.machines,
    ),
    Check(
        "network quotas", "aws", "servicequotas:GetServiceQuota: VPCs and Elastic IPs, beside those in use",
        "Service Quotas, by a request", quotas.network,
    ),
    Check(
        "versions", "aws", "eks:DescribeClusterVersions, DescribeAddonVersions: the pinned versions",
        "infra/pins.py", versions.versions,
    ),
    Check(
        "who enters", "aws", "iam:GetRole, GetUser: deployer, admins, viewers of the cluster",
        f"{BOOTSTRAP} for the deployer, your organisation for people", principals.principals,
        lambda settings: bool(principals.named(settings)),
    ),
    Check(
        "key of secrets", "aws", "kms:DescribeKey: the key that secretsprovider names",
        BOOTSTRAP, secrets_key.secrets_key,
    ),
    Check(
        "state bucket", "aws", "s3:GetBucketVersioning, GetEncryptionConfiguration, "
        "GetBucketPublicAccessBlock: where the state is kept",
        f"{BOOTSTRAP}, or your own in {state_bucket.BACKEND}", state_bucket.state_bucket,
    ),
    Check(
        "bucket names", "aws", "s3:ListBucket: no other account has the estate's names",
        "another name of the stack", names.names,
    ),
    Check(
        "first up", "aws", "eks:DescribeCluster: whether a machine can stand where deploy.runs_from says",
        "docs/deploy.md, in two ups", first_up.first_up, first_up.applies,
    ),
    Check(
        "trail", "aws", "cloudtrail:DescribeTrails, GetTrailStatus: one of all regions logs",
        f"{BOOTSTRAP}, or with deploy.trail false your organisation's", audit.trail,
    ),
    Check(
        "cost tags", "aws", "ce:ListCostAllocationTags: project, environment, owner are active",
        f"{BOOTSTRAP} with deploy.cost_tags, a day after the first up, by who pays", audit.cost_tags,
    ),
    Check(
        "alarm topics", "aws", "sns:GetTopicAttributes: who hears of a link that is down",
        "your on-call service", topics.topics, lambda settings: bool(settings.link.alarm_topics),
    ),
    Check(
        "link keys", "aws", "secretsmanager:DescribeSecret: each key that link.key_generations names",
        "`isthmus link keys STACK`", link_keys.in_aws, link_keys.applies,
    ),
    Check(
        "services", "openstack", "Keystone's catalogue: region, and each service the estate needs",
        OPERATOR, services.services,
    ),
    Check(
        "credential", "openstack", "Keystone: its roles, and that it is unrestricted",
        "`openstack application credential create --unrestricted NAME`, in a project of the estate's own",
        credential.credential,
    ),
    Check(
        "external network", "openstack", "Neutron: the network that leads outside, and VPNaaS where used",
        OPERATOR, outside.outside,
    ),
    Check(
        "flavours", "openstack", "Nova: each flavour, its size, its GPUs",
        f"{OPERATOR}; then infra/settings/catalogue/openstack.yaml", flavours.flavours,
    ),
    Check(
        "images", "openstack", "Glance: each image, os_distro and kube_version",
        "docs/private-cluster.md says which, and how they are made", images.images,
    ),
    Check(
        "quotas", "openstack", "Nova, Neutron, Cinder: room for all nodes at most",
        OPERATOR, room.quotas,
    ),
    Check("Magnum", "openstack", "Magnum: its newest microversion", OPERATOR, magnum.magnum),
    Check(
        "keys", "openstack", "Barbican: the secret of the jobs' keys, not what is in it",
        "you: docs/transfer.md says how the keys are made", keys_secret.keys_secret, keys_secret.applies,
    ),
    Check(
        "private link keys", "openstack", "Barbican: each key that link.key_generations names",
        "`isthmus link keys STACK`", link_keys.privately, link_keys.applies,
    ),
    Check(
        "object store", "openstack", "an HTTP GET: something that speaks S3 listens",
        OPERATOR, store.store,
    ),
    Check(
        "issuer", "openstack", "an HTTP GET: the issuer of the cluster's tokens is published",
        f"{OPERATOR}, who has set it", store.issuer, store.has_issuer,
    ),
)  # fmt: skip

__all__ = ["CHECKS"]
