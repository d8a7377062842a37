"""The VPC: public, private and intra subnets in every zone, and the ways out of them."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pulumi
import pulumi_aws as aws

from infra.aws.object_store import PrivateBucket
from infra.settings import ZoneSubnets

ANYWHERE = "0.0.0.0/0"
"""Destination of default routes; nothing admits traffic from there."""


def s3_endpoint_policy(account_id: str) -> str:
    """What the VPC may ask of S3 through the endpoint: buckets of this account, and ECR's layers.

    A stolen key of another account could otherwise carry data out through it.
    """
    everything = {"Effect": "Allow", "Principal": "*", "Resource": "*"}
    return json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Sid": "BucketsOfThisAccount",
                    **everything,
                    "Action": "s3:*",
                    "Condition": {"StringEquals": {"aws:ResourceAccount": account_id}},
                },
                {
                    # AWS keeps image layers, EKS add-ons and OS packages in buckets of its own.
                    "Sid": "ReadWhatAwsServes",
                    **everything,
                    "Action": "s3:GetObject",
                    "Condition": {"StringNotEquals": {"aws:ResourceAccount": account_id}},
                },
            ],
        }
    )


class Network(pulumi.ComponentResource):
    """A VPC with three kinds of subnet in each zone.

    Public subnets hold NAT gateways and load balancers, private ones nodes and pods, intra ones the
    control plane's interfaces and have no way out at all. The default security group admits nothing.
    """

    vpc: aws.ec2.Vpc
    vpc_id: pulumi.Output[str]
    private_subnet_ids: list[pulumi.Output[str]]
    intra_subnet_ids: list[pulumi.Output[str]]
    private_route_table_ids: dict[int, pulumi.Output[str]]
    """One for each zone, by the part of the network that the zone has."""
    intra_route_table_id: pulumi.Output[str]

    def __init__(
        self,
        name: str,
        *,
        cidr: str,
        subnets: Sequence[ZoneSubnets],
        nat_per_zone: bool,
        region: str,
        account_id: str,
        logs: PrivateBucket,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("isthmus:aws:Network", name, None, opts)
        self._name = name
        vpc = aws.ec2.Vpc(
            name,
            cidr_block=cidr,
            enable_dns_support=True,
            enable_dns_hostnames=True,
            tags={"Name": name},
            opts=self._child(),
        )
        self.vpc, self.vpc_id = vpc, vpc.id
        aws.ec2.DefaultSecurityGroup(
            name, vpc_id=vpc.id, ingress=[], egress=[], tags={"Name": f"{name}-closed"}, opts=self._child()
        )
        public = self._subnets(
            "public", {z.zone: str(z.public) for z in subnets}, {"kubernetes.io/role/elb": "1"}
        )
        private = self._subnets(
            "private", {z.zone: str(z.private) for z in subnets}, {"kubernetes.io/role/internal-elb": "1"}
        )
        intra = self._subnets("intra", {z.zone: str(z.intra) for z in subnets}, {})
        zones = [z.zone for z in subnets]

        internet = aws.ec2.InternetGateway(name, vpc_id=vpc.id, tags={"Name": name}, opts=self._child())
        public_table = self._table("public", list(public.values()), zones)
        way_out = aws.ec2.Route(
            f"{name}-public",
            route_table_id=public_table.id,
            destination_cidr_block=ANYWHERE,
            gateway_id=internet.id,
            opts=self._child(),
        )
        nats = [self._nat(zone, public[zone], way_out) for zone in (zones if nat_per_zone else zones[:1])]
        private_tables = []
        for index, zone in enumerate(zones):
            table = self._table(f"private-{zone}", [private[zone]], [zone])
            aws.ec2.Route(
                f"{name}-private-{zone}",
                route_table_id=table.id,
                destination_cidr_block=ANYWHERE,
                nat_gateway_id=nats[index if nat_per_zone else 0].id,
                opts=self._child(),
            )
            private_tables.append(table)
        intra_table = self._table("intra", list(intra.values()), zones)

        aws.ec2.VpcEndpoint(
            f"{name}-s3",
            vpc_id=vpc.id,
            service_name=f"com.amazonaws.{region}.s3",
            vpc_endpoint_type="Gateway",
            route_table_ids=[table.id for table in [*private_tables, intra_table]],
            policy=s3_endpoint_policy(account_id),
            tags={"Name": f"{name}-s3"},
            opts=self._child(),
        )
        aws.ec2.FlowLog(
            name,
            vpc_id=vpc.id,
            traffic_type="ALL",
            log_destination_type="s3",
            log_destination=logs.arn,
            max_aggregation_interval=600,
            tags={"Name": name},
            # Delivery is refused until the bucket's policy admits it.
            opts=pulumi.ResourceOptions(parent=self, depends_on=[logs]),
        )
        self.private_subnet_ids = [private[zone].id for zone in zones]
        self.intra_subnet_ids = [intra[zone].id for zone in zones]
        self.private_route_table_ids = {
            zone.index: table.id for zone, table in zip(subnets, private_tables, strict=True)
        }
        self.intra_route_table_id = intra_table.id
        self.register_outputs(
            {
                "vpcId": self.vpc_id,
                "privateSubnetIds": self.private_subnet_ids,
                "intraSubnetIds": self.intra_subnet_ids,
                "privateRouteTableIds": list(self.private_route_table_ids.values()),
                "intraRouteTableId": self.intra_route_table_id,
            }
        )

    def _child(self) -> pulumi.ResourceOptions:
        return pulumi.ResourceOptions(parent=self)

    def _subnets(self, kind: str, cidrs: dict[str, str], tags: dict[str, str]) -> dict[str, aws.ec2.Subnet]:
        return {
            zone: aws.ec2.Subnet(
                f"{self._name}-{kind}-{zone}",
                vpc_id=self.vpc_id,
                cidr_block=cidr,
                availability_zone=zone,
                map_public_ip_on_launch=False,
                tags={"Name": f"{self._name}-{kind}-{zone}", **tags},
                opts=self._child(),
            )
            for zone, cidr in cidrs.items()
        }

    def _table(
        self, kind: str, subnets: Sequence[aws.ec2.Subnet], zones: Sequence[str]
    ) -> aws.ec2.RouteTable:
        table = aws.ec2.RouteTable(
            f"{self._name}-{kind}",
            vpc_id=self.vpc_id,
            tags={"Name": f"{self._name}-{kind}"},
            opts=self._child(),
        )
        for zone, subnet in zip(zones, subnets, strict=True):
            aws.ec2.RouteTableAssociation(
                f"{self._name}-{kind}" if kind.endswith(zone) else f"{self._name}-{kind}-{zone}",
                route_table_id=table.id,
                subnet_id=subnet.id,
                opts=self._child(),
            )
        return table

    def _nat(self, zone: str, subnet: aws.ec2.Subnet, way_out: aws.ec2.Route) -> aws.ec2.NatGateway:
        address = aws.ec2.Eip(
            f"{self._name}-nat-{zone}",
            domain="vpc",
            tags={"Name": f"{self._name}-nat-{zone}"},
            opts=self._child(),
        )
        return aws.ec2.NatGateway(
            f"{self._name}-{zone}",
            allocation_id=address.id,
            subnet_id=subnet.id,
            tags={"Name": f"{self._name}-{zone}"},
            # A NAT gateway fails to come up in a subnet that has no way to the internet yet.
            opts=pulumi.ResourceOptions(parent=self, depends_on=[way_out]),
        )


__all__ = ["Network", "s3_endpoint_policy"]
