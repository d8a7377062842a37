"""The providers: every credential and every endpoint of the program comes through here."""

from __future__ import annotations

from collections.abc import Sequence

import pulumi
import pulumi_aws as aws
import pulumi_kubernetes as k8s
import pulumi_openstack as openstack

from infra.naming import Naming
from infra.settings.aws import AwsSettings
from infra.settings.openstack import OpenStackSettings
from isthmus.pod_parts import value_alone

AWS_SERVICES = (
    "budgets",
    "cloudwatch",
    "cloudwatchlogs",
    "ec2",
    "ecr",
    "eks",
    "events",
    "iam",
    "kms",
    "s3",
    "secretsmanager",
    "sqs",
    "sts",
)
"""Every AWS service that the estate uses. A stand-in must answer for all of them, or a call would go out."""

THROW_AWAY = "rehearsal"
"""Keys of a stand-in on this machine: they open nothing."""


def aws_provider(
    settings: AwsSettings, naming: Naming, services: Sequence[str] = AWS_SERVICES
) -> aws.Provider:
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
        endpoints=[aws.ProviderEndpointArgs(**dict.fromkeys(services, settings.endpoint_url))],
        access_key=THROW_AWAY,
        secret_key=THROW_AWAY,
        s3_use_path_style=True,
        skip_credentials_validation=True,
        skip_metadata_api_check=True,
        skip_region_validation=True,
        skip_requesting_account_id=True,
    )


def openstack_provider(settings: OpenStackSettings) -> openstack.Provider:
    """One project of the OpenStack cloud; who we are comes from the environment (OS_*), never from a file."""
    return openstack.Provider("openstack", auth_url=settings.auth_url, region=settings.region)


def goes_with(*roots: pulumi.Resource) -> pulumi.ResourceTransformation:
    """Let every Kubernetes object below a component be replaced with any of ``roots``, and go before they do.

    The engine would find that out by itself from a provider whose kubeconfig comes from the cluster. But
    where the cluster is deleted before its replacement, it closes that provider as soon as it knows, and
    then has none to delete the objects by ("grpc: the client connection is closing"; pulumi/pulumi v3.259.0,
    pkg/resource/deploy/providers/registry.go, ``Diff``). So the objects say so themselves, and the
    provider does not tell where its kubeconfig comes from.

    Each is deleted before it is made again, also where its own change would not ask for that: what was
    deleted for the sake of another and not made again in the same up is made by the next one, which deletes
    the old one once more by its name, and with it the new one, unless the object says this itself
    (pkg/resource/deploy/step_generator.go, ``PendingReplacement``).
    """

    def add(args: pulumi.ResourceTransformationArgs) -> pulumi.ResourceTransformationResult | None:
        if not args.type_.startswith("kubernetes:"):
            return None
        added = pulumi.ResourceOptions(replace_with=list(roots), delete_before_replace=True)
        opts = pulumi.ResourceOptions.merge(args.opts, added)
        return pulumi.ResourceTransformationResult(props=args.props, opts=opts)

    return add


def kubernetes_provider(
    name: str, kubeconfig: pulumi.Output[str], cluster: str, *, after: list[pulumi.Resource]
) -> k8s.Provider:
    """A cluster's Kubernetes provider.

    ``cluster`` tells one cluster from another while its kubeconfig is not known yet. ``after``: what must
    outlive everything inside the cluster, or a destroy would lose the way to it; the cluster is in it.
    What goes into the cluster ``goes_with`` it.
    """
    secret: pulumi.Output[str] = pulumi.Output.secret(value_alone(kubeconfig))
    return k8s.Provider(
        name,
        kubeconfig=secret,
        cluster=cluster,
        enable_server_side_apply=True,
        opts=pulumi.ResourceOptions(depends_on=after),
    )


__all__ = ["AWS_SERVICES", "aws_provider", "goes_with", "kubernetes_provider", "openstack_provider"]
