"""Which rule prices which resource type, and which types cost nothing.

A type that is in neither is unpriced. To add one: a function in the file of its cloud that yields its
charges, a line here, and the prices in ``infra/review/cost/prices``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Final

import yaml

from infra.review.cost.charge import Charge, Purpose
from infra.review.cost.context import Context
from infra.review.cost.rules import (
    aws_machines,
    aws_network,
    aws_services,
    aws_storage,
    karpenter,
    kubernetes,
    openstack,
)
from infra.review.resource import Resource


@dataclass(frozen=True)
class Rule:
    """How resources of a type are charged, and what for unless a charge says otherwise."""

    purpose: Purpose
    charges: Callable[[Resource, Context], Iterator[Charge]]


RULES: Final[Mapping[str, Rule]] = {
    "aws:eks/cluster:Cluster": Rule("platform", aws_machines.cluster),
    "aws:eks/nodeGroup:NodeGroup": Rule("platform", aws_machines.node_group),
    "aws:ec2/instance:Instance": Rule("platform", aws_machines.instance),
    "aws:ec2/natGateway:NatGateway": Rule("network", aws_network.nat_gateway),
    "aws:ec2/eip:Eip": Rule("network", aws_network.address),
    "aws:ec2/vpnConnection:VpnConnection": Rule("network", aws_network.vpn_connection),
    "aws:ec2transitgateway/vpcAttachment:VpcAttachment": Rule("network", aws_network.vpc_attachment),
    "aws:ec2/vpcEndpoint:VpcEndpoint": Rule("network", aws_network.endpoint),
    "aws:ec2/flowLog:FlowLog": Rule("network", aws_network.flow_log),
    "aws:lb/loadBalancer:LoadBalancer": Rule("network", aws_network.load_balancer),
    "aws:alb/loadBalancer:LoadBalancer": Rule("network", aws_network.load_balancer),
    "aws:s3/bucket:Bucket": Rule("storage", aws_storage.bucket),
    "aws:s3/bucketV2:BucketV2": Rule("storage", aws_storage.bucket),
    "aws:ebs/volume:Volume": Rule("storage", aws_storage.ebs_volume),
    "aws:ecr/repository:Repository": Rule("storage", aws_storage.repository),
    "aws:cloudwatch/logGroup:LogGroup": Rule("platform", aws_storage.log_group),
    "aws:cloudwatch/metricAlarm:MetricAlarm": Rule("platform", aws_storage.alarm),
    "aws:kms/key:Key": Rule("platform", aws_storage.key),
    "aws:sqs/queue:Queue": Rule("platform", aws_services.queue),
    "aws:secretsmanager/secret:Secret": Rule("platform", aws_services.secret),
    "aws:cloudtrail/trail:Trail": Rule("platform", aws_services.trail),
    "aws:guardduty/detector:Detector": Rule("platform", aws_services.detector),
    "aws:route53/zone:Zone": Rule("network", aws_services.zone),
    "aws:route53/resolverEndpoint:ResolverEndpoint": Rule("network", aws_services.resolver_endpoint),
    "openstack:containerinfra/cluster:Cluster": Rule("platform", openstack.cluster),
    "openstack:containerinfra/nodeGroup:NodeGroup": Rule("platform", openstack.node_group),
    "openstack:compute/instance:Instance": Rule("platform", openstack.instance),
    "openstack:blockstorage/volume:Volume": Rule("storage", openstack.volume),
    "openstack:objectstorage/container:Container": Rule("storage", openstack.container),
    "openstack:networking/floatingIp:FloatingIp": Rule("network", openstack.floating_address),
    "openstack:loadbalancer/loadBalancer:LoadBalancer": Rule("network", openstack.load_balancer),
    "kubernetes:core/v1:Service": Rule("network", kubernetes.service),
    "kubernetes:core/v1:PersistentVolumeClaim": Rule("storage", kubernetes.claim),
    "kubernetes:helm.sh/v3:Release": Rule("platform", kubernetes.chart),
    karpenter.POOL: Rule("platform", karpenter.nodes),
}


@cache
def _free() -> tuple[tuple[str, str], ...]:
    rows = yaml.safe_load((Path(__file__).parent / "free.yaml").read_text())
    return tuple((pattern, row["reason"]) for row in rows for pattern in row["types"])


@cache
def why_free(kind: str) -> str | None:
    """Why a type costs nothing; None where it is not known to."""
    return next((reason for pattern, reason in _free() if fnmatchcase(kind, pattern)), None)
