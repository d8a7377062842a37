"""How much of each kind the account may have at once.

Codes and names: AWS General Reference (https://docs.aws.amazon.com/general/latest/gr/ec2-service.html, whose
links to the console carry the codes; vpc-service.html: neither was opened), and brennerm/aws-quota-checker
``aws_quota/check/ec2.py``; 2026-11-28. A new account often has 0 GPUs.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from infra.doctor.check import CannotTell
from infra.doctor.clouds import Clouds
from infra.settings import Settings
from infra.settings.aws import AwsCpuPool, AwsPool
from infra.settings.catalogue import instance_types
from isthmus.settings.errors import Problem

STANDARD: Final = ("L-1216C47A", "Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances")
ON_DEMAND: Final = {
    "g": ("L-DB2E81BA", "Running On-Demand G and VT instances"),
    "p": ("L-417A185B", "Running On-Demand P instances"),
}
SPOT: Final = {
    "g": ("L-3819A6DF", "All G and VT Spot Instance Requests"),
    "p": ("L-7212CCBC", "All P4, P3 and P2 Spot Instance Requests"),
    "p5": ("L-C4BD4855", "All P5 Spot Instance Requests"),
}
STANDARD_SPOT: Final = ("L-34B43A08", "All Standard (A, C, D, H, I, M, R, T, Z) Spot Instance Requests")
ADDRESSES: Final = ("L-0263D0A3", "EC2-VPC Elastic IPs")
VPCS: Final = ("L-F678F1CE", "VPCs per Region")


def vcpus(settings: Settings) -> dict[tuple[str, str], tuple[int, str]]:
    """vCPUs that the estate has at most, and the keys that say so, by code and name of the quota."""
    system = settings.aws.cluster.system_nodes
    each = instance_types()
    needed: dict[tuple[str, str], tuple[int, str]] = {
        STANDARD: (system.max * each[system.instance_type].vcpus, "aws.cluster.system_nodes.max")
    }
    pools: dict[str, AwsPool | AwsCpuPool] = {}
    pools |= {f"aws.gpu_pools.{name}": pool for name, pool in settings.aws.gpu_pools.items()}
    pools |= {f"aws.cpu_pools.{name}": pool for name, pool in settings.aws.cpu_pools.items()}
    for path, pool in pools.items():
        for quota in _of(pool):
            before, keys = needed.get(quota, (0, ""))
            key = f"{path}.max"
            needed[quota] = (
                before + pool.max * each[pool.instance_type].vcpus,
                f"{keys}, {key}" if keys else key,
            )
    return needed


def _of(pool: AwsPool | AwsCpuPool) -> Iterator[tuple[str, str]]:
    family = pool.instance_type.partition(".")[0]
    if pool.capacity != "spot":
        yield ON_DEMAND.get(family[0], STANDARD)
    if pool.capacity != "on_demand":
        yield SPOT.get("p5" if family.startswith("p5") else family[0], STANDARD_SPOT)


def machines(settings: Settings, clouds: Clouds) -> Iterator[Problem]:
    """vCPUs, by family and by how they are bought."""
    for (code, name), (needed, keys) in vcpus(settings).items():
        allowed = _quota(clouds, "ec2", code)
        if allowed is None:
            raise CannotTell(f"Service Quotas knows no {code} of ec2 here")
        if allowed < needed:
            yield _too_few(keys, name, code, f"{needed} vCPUs at most", f"{allowed:.0f}", "ec2", needed)


def network(settings: Settings, clouds: Clouds) -> Iterator[Problem]:
    """The VPC and the addresses of its NAT gateways, beside what the region has already."""
    ec2, aws = clouds.aws("ec2"), settings.aws
    wanted = len(aws.network.zones) if aws.network.nat_gateways == "per_zone" else 1
    stack = [{"Name": "tag:environment", "Values": [settings.stack]}]
    vpcs = [each["VpcId"] for each in ec2.describe_vpcs()["Vpcs"]]
    own = {each["VpcId"] for each in ec2.describe_vpcs(Filters=stack)["Vpcs"]}
    taken = [each for each in ec2.describe_addresses()["Addresses"] if not _tagged(each, settings.stack)]
    for quota, service, key, needed, others in (
        (VPCS, "vpc", "aws.network", 1, len({*vpcs} - own)),
        (ADDRESSES, "ec2", "aws.network.nat_gateways", wanted, len(taken)),
    ):
        allowed = _quota(clouds, service, quota[0])
        if allowed is not None and allowed < needed + others:
            what = f"{needed} beside the {others} that are there"
            yield _too_few(key, quota[1], quota[0], what, f"{allowed:.0f}", service, needed + others)


def _tagged(resource: dict[str, Any], stack: str) -> bool:
    return {"Key": "environment", "Value": stack} in resource.get("Tags", [])


def _quota(clouds: Clouds, service: str, code: str) -> float | None:
    """None: it is not known here, as to a stand-in that has those of VPCs alone."""
    from botocore.exceptions import ClientError

    client = clouds.aws("service-quotas")
    try:
        return float(client.get_service_quota(ServiceCode=service, QuotaCode=code)["Quota"]["Value"])
    except ClientError as error:
        if error.response["Error"]["Code"] == "NoSuchResourceException":
            return None
        raise


def _too_few(key: str, name: str, code: str, needed: str, allowed: str, service: str, wanted: int) -> Problem:
    return Problem(
        key,
        f"need {needed}, and the quota {name} ({code}) is {allowed}: ask for more (`aws service-quotas "
        f"request-service-quota-increase --service-code {service} --quota-code {code} --desired-value "
        f"{wanted}`; days, for GPUs), or lower it",
    )


__all__ = ["machines", "network", "vcpus"]
