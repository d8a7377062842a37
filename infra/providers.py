"""The providers: every credential and every endpoint of the program comes through here."""

from __future__ import annotations

import pulumi
import pulumi_aws as aws
import pulumi_kubernetes as k8s
import pulumi_openstack as openstack

from infra.naming import Naming
from infra.settings.aws import AwsSettings
from infra.settings.openstack import OpenStackSettings

AWS_SERVICES = (
    "budgets",
    "cloudwatchlogs",
    "ec2",
    "ecr",
    "eks",
    "iam",
    "kms",
    "s3",
    "sts",
)
"""Every AWS service that the estate uses. A stand-in must answer for all of them, or a call would go out."""

THROW_AWAY = "rehearsal"
"""Keys of a stand-in on this machine: they open nothing."""


def aws_provider(settings: AwsSettings, naming: Naming) -> aws.Provider:
    """AWS in one region and one account; with ``endpoint_url`` a stand-in that no cloud can be behind."""
    tags = aws.ProviderDefaultTagsArgs(tags=naming.tags)
    if settings.endpoint_url is None:
        return aws.Provider(
            "aws",
            region=settings.region,
            allowed_account_ids=[settings.account_id],
            default_tags=tags,
        )
    return aws.Provider(
        "aws",
        region=settings.region,
        default_tags=tags,
        endpoints=[aws.ProviderEndpointArgs(**dict.fromkeys(AWS_SERVICES, settings.endpoint_url))],
        access_key=THROW_AWAY,
        secret_key=THROW_AWAY,
        s3_use_path_style=True,
        skip_credentials_validation=True,
        skip_metadata_api_check=True,
        skip_region_validation=True,
        skip_requesting_account_id=True,
    )


def openstack_provider(settings: OpenStackSettings) -> openstack.Provider:
    """One project of the private cloud; who we are comes from the environment (OS_*), never from a file."""
    return openstack.Provider("openstack", auth_url=settings.auth_url, region=settings.region)


def kubernetes_provider(
    name: str, kubeconfig: pulumi.Input[str], cluster: str, *, after: list[pulumi.Resource]
) -> k8s.Provider:
    """A cluster's Kubernetes provider.

    ``cluster`` tells one cluster from another while its kubeconfig is not known yet. ``after``: what must
    outlive everything inside the cluster, or a destroy would lose the way to it.
    """
    return k8s.Provider(
        name,
        kubeconfig=pulumi.Output.secret(kubeconfig),
        cluster=cluster,
        enable_server_side_apply=True,
        opts=pulumi.ResourceOptions(depends_on=after),
    )


__all__ = ["AWS_SERVICES", "aws_provider", "kubernetes_provider", "openstack_provider"]
