"""Data sources. Those that only describe the cloud answer offline too: previews of cloud stacks need them."""

from __future__ import annotations

from collections.abc import Callable

from rehearsal.plugins.aws.cloud import Cloud
from rehearsal.plugins.aws.functions import identity, lookups, policy_document
from rehearsal.plugins.backend import Properties

FUNCTIONS: dict[str, Callable[[Cloud, Properties], Properties]] = {
    "aws:index/getCallerIdentity:getCallerIdentity": identity.caller,
    "aws:index/getPartition:getPartition": identity.partition,
    "aws:index/getRegion:getRegion": identity.region,
    "aws:index/getAvailabilityZones:getAvailabilityZones": identity.availability_zones,
    "aws:iam/getPolicyDocument:getPolicyDocument": policy_document.build,
    "aws:s3/getObject:getObject": lookups.s3_object,
    "aws:ssm/getParameter:getParameter": lookups.parameter,
    "aws:eks/getClusterAuth:getClusterAuth": lookups.cluster_auth,
}
SECRET_RESULTS: dict[str, frozenset[str]] = {
    "aws:eks/getClusterAuth:getClusterAuth": frozenset({"token"}),
}

__all__ = ["FUNCTIONS", "SECRET_RESULTS"]
