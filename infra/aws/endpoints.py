"""AWS's services at addresses of the VPC, so that the private site's data goes through the link."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Final

import pulumi
import pulumi_aws as aws

from infra.aws.network import s3_endpoint_policy
from infra.settings import ZoneSubnets

SERVICES: Final = ("s3", "sts", "ecr.api", "ecr.dkr")
"""What pods and nodes of the private site ask of AWS: their data, their credentials, their images."""
FIRST_HOST: Final = 240
"""In each intra /24, away from where the control plane's interfaces begin."""


def endpoint_addresses(subnets: Sequence[ZoneSubnets]) -> dict[str, dict[str, str]]:
    """The address of each service in each zone: known beforehand, so that a network policy can name them."""
    return {
        service: {zone.zone: str(zone.intra[FIRST_HOST + number]) for zone in subnets}
        for number, service in enumerate(SERVICES)
    }


def _policy(service: str, account_id: str) -> str:
    """What an endpoint lets through: callers of this account, and its roles for whoever brings a token.

    A stolen key of another account could otherwise carry data out through it. Who takes a role by a token
    signs nothing and is of no account yet
    (https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html; read 2026-11-28).
    """
    if service == "s3":
        return s3_endpoint_policy(account_id)
    statements: list[dict[str, object]] = [
        {
            "Sid": "CallersOfThisAccount",
            "Effect": "Allow",
            "Principal": "*",
            "Action": f"{service.partition('.')[0]}:*",
            "Resource": "*",
            "Condition": {"StringEquals": {"aws:PrincipalAccount": account_id}},
        }
    ]
    if service == "sts":
        statements.append(
            {
                "Sid": "RolesOfThisAccountForAToken",
                "Effect": "Allow",
                "Principal": "*",
                "Action": "sts:AssumeRoleWithWebIdentity",
                "Resource": f"arn:aws:iam::{account_id}:role/*",
            }
        )
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


class Endpoints(pulumi.ComponentResource):
    """An interface endpoint for each service, in the intra subnet of each zone, with private DNS.

    Inside the VPC the gateway endpoint keeps the way to S3, which costs nothing: the private name of the
    interface endpoint is for who asks through an inbound resolver alone
    (https://docs.aws.amazon.com/AmazonS3/latest/userguide/privatelink-interface-endpoints.html, "Private
    DNS"; read 2026-11-28).
    """

    addresses: tuple[str, ...]
    urls: Mapping[str, pulumi.Output[str]]
    """By the variable that AWS's libraries read."""

    def __init__(
        self,
        name: str,
        *,
        vpc_id: pulumi.Input[str],
        subnets: Sequence[ZoneSubnets],
        subnet_ids: Sequence[pulumi.Input[str]],
        region: str,
        account_id: str,
        clients: Mapping[str, str],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declare them.

        Args:
            name: of the component.
            vpc_id: the VPC, in which S3 has a gateway endpoint already.
            subnets: of the zones.
            subnet_ids: the intra subnets, in the same order.
            region: of the services.
            account_id: whose callers and data may use them.
            clients: networks that may ask, by a short name.
            opts: with the AWS provider.
        """
        super().__init__("isthmus:aws:Endpoints", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        group = aws.ec2.SecurityGroup(
            name,
            description="Services of AWS inside the VPC, for the networks of the estate",
            vpc_id=vpc_id,
            tags={"Name": name},
            opts=child,
        )
        for client, cidr in clients.items():
            aws.vpc.SecurityGroupIngressRule(
                f"{name}-{client}",
                security_group_id=group.id,
                description=f"Services of AWS for {client}",
                ip_protocol="tcp",
                from_port=443,
                to_port=443,
                cidr_ipv4=cidr,
                tags={"Name": f"{name}-{client}"},
                opts=child,
            )
        addresses = endpoint_addresses(subnets)
        made = {}
        for service in SERVICES:
            made[service] = aws.ec2.VpcEndpoint(
                f"{name}-{service.replace('.', '-')}",
                vpc_id=vpc_id,
                service_name=f"com.amazonaws.{region}.{service}",
                vpc_endpoint_type="Interface",
                subnet_ids=list(subnet_ids),
                subnet_configurations=[
                    aws.ec2.VpcEndpointSubnetConfigurationArgs(
                        ipv4=addresses[service][zone.zone], subnet_id=subnet
                    )
                    for zone, subnet in zip(subnets, subnet_ids, strict=True)
                ],
                security_group_ids=[group.id],
                private_dns_enabled=True,
                dns_options=aws.ec2.VpcEndpointDnsOptionsArgs(
                    dns_record_ip_type="ipv4", private_dns_only_for_inbound_resolver_endpoint=True
                )
                if service == "s3"
                else None,
                policy=_policy(service, account_id),
                tags={"Name": f"{name}-{service.replace('.', '-')}"},
                opts=child,
            )
        self.addresses = tuple(
            address for service in ("s3", "sts") for address in addresses[service].values()
        )
        self.urls = {
            "AWS_ENDPOINT_URL_S3": made["s3"].dns_entries.apply(lambda entries: f"https://{_host(entries)}"),
            "AWS_ENDPOINT_URL_STS": made["sts"].dns_entries.apply(
                lambda entries: f"https://{_host(entries)}"
            ),
        }
        self.register_outputs({"urls": dict(self.urls)})


def _host(entries: Sequence[aws.ec2.outputs.VpcEndpointDnsEntry]) -> str:
    """The first name of an endpoint, which is that of all zones; anybody's DNS knows it.

    S3's begins with ``*``, in whose place those of buckets have ``bucket``
    (https://docs.aws.amazon.com/AmazonS3/latest/userguide/privatelink-interface-endpoints.html; read
    2026-11-28).
    """
    name = str(entries[0].dns_name)
    return f"bucket{name[1:]}" if name.startswith("*.") else name


__all__ = ["SERVICES", "Endpoints", "endpoint_addresses"]
