"""Who and where: account, partition, region, zones."""

from __future__ import annotations

from rehearsal.plugins.aws.cloud import Cloud
from rehearsal.plugins.backend import Properties

# Regions whose zones do not simply begin with a, b, c (from the stand-in's own table of zones).
_LETTERS = {
    "us-east-1": "abcdef",
    "us-west-1": "ab",
    "us-west-2": "abcd",
    "ap-northeast-1": "acd",
    "ap-northeast-2": "abcd",
    "ca-central-1": "abd",
    "sa-east-1": "abc",
    "cn-north-1": "ab",
}


def caller(cloud: Cloud, _arguments: Properties) -> Properties:
    account = cloud.account
    arn = f"arn:{cloud.partition}:sts::{account}:user/moto"
    return {"id": account, "accountId": account, "arn": arn, "userId": "AKIAIOSFODNN7EXAMPLE"}


def partition(cloud: Cloud, _arguments: Properties) -> Properties:
    suffix = "amazonaws.com.cn" if cloud.partition == "aws-cn" else "amazonaws.com"
    reverse = ".".join(reversed(suffix.split(".")))
    return {
        "id": cloud.partition,
        "partition": cloud.partition,
        "dnsSuffix": suffix,
        "reverseDnsPrefix": reverse,
    }


def region(cloud: Cloud, arguments: Properties) -> Properties:
    name = arguments.get("region") or arguments.get("name") or cloud.region
    return {
        "id": name,
        "name": name,
        "region": name,
        "endpoint": f"ec2.{name}.amazonaws.com",
        "description": name,
    }


def availability_zones(cloud: Cloud, arguments: Properties) -> Properties:
    name = arguments.get("region") or cloud.region
    if cloud.config.endpoints:
        found = cloud.send("ec2", "DescribeAvailabilityZones")["AvailabilityZones"]
        zones = [(zone["ZoneName"], zone["ZoneId"]) for zone in found]
    else:
        parts = name.split("-")
        short = parts[0] + "".join(part[0] for part in parts[1:-1]) + parts[-1]
        letters = _LETTERS.get(name, "abc")
        zones = [(f"{name}{letter}", f"{short}-az{i}") for i, letter in enumerate(letters, 1)]
    left_out = {*(arguments.get("excludeNames") or []), *(arguments.get("excludeZoneIds") or [])}
    kept = sorted(zone for zone in zones if not left_out & set(zone))
    return {
        **arguments,
        "id": name,
        "region": name,
        "names": [zone for zone, _ in kept],
        "zoneIds": [zone_id for _, zone_id in kept],
        "groupNames": [name],
    }


__all__ = ["availability_zones", "caller", "partition", "region"]
