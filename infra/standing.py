"""The program asks what stands: the outputs of its own stack, before it registers anything.

The engine answers two functions of its own for that (pulumi/pulumi, pkg/resource/deploy/builtins.go,
``readStackOutputs`` and ``readStackResourceOutputs``), the first of which is what a StackReference asks;
no resource is registered for them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from ipaddress import IPv4Network
from typing import Any

import pulumi

from infra.settings import Settings, SettingsError
from infra.settings.changes.beforehand import OUTPUT, Standing, refusals, warnings
from infra.settings.changes.steps import KUBERNETES
from infra.settings.loading import PREFIX, STACKS, SUFFIX
from infra.settings.subnets import PRIVATE_PREFIX
from training.components.job import REPLACE_UNREADY

JOB = "kubernetes:batch/v1:Job"
VPC, SUBNET = "aws:ec2/vpc:Vpc", "aws:ec2/subnet:Subnet"
CLUSTER, ADDON = "aws:eks/cluster:Cluster", "aws:eks/addon:Addon"


async def standing() -> Standing:
    """What stands of the stack that the engine runs; nothing of one that was never up."""
    name = _this_stack()
    outputs = await _ask("readStackOutputs", name=name)
    if not outputs:
        return Standing()
    resources = await _resources()
    # Of the resources and not of the output, which an up that failed leaves as it was.
    found = versions(resources)
    if OUTPUT in outputs:
        stands = Standing.of(outputs[OUTPUT])
        return replace(stands, versions={**stands.versions, **found})
    # Brought up before estates said so of themselves: their subnets tell where each zone is.
    return Standing(zones=_zones(resources), versions=found)


async def jobs_made_again() -> frozenset[str]:
    """Jobs of this stack that failed, by name: the next up makes them again, and leaves alone what runs."""
    return unready(await _resources())


def versions(resources: Mapping[str, Any]) -> dict[str, str]:
    """The versions of the EKS cluster and its add-ons, as the state has them."""
    found = {}
    for urn, resource in resources.items():
        outputs = resource.get("outputs") or {}
        if urn.split("::")[2].endswith(CLUSTER) and outputs.get("version"):
            found[KUBERNETES] = str(outputs["version"])
        elif urn.split("::")[2].endswith(ADDON) and outputs.get("addonVersion"):
            found[str(outputs["addonName"])] = str(outputs["addonVersion"])
    return found


def unready(resources: Mapping[str, Any]) -> frozenset[str]:
    """Jobs that their last known state says have failed, or were made again after that and have completed.

    The second keep what they were made again by, or each would be changed once more for nothing. A Job that
    is to fail says so before its pods have ended (``FailureTarget``; Kubernetes 1.36, batch/v1, JobStatus).
    """
    return frozenset(
        urn.rpartition("::")[2]
        for urn, resource in resources.items()
        if resource.get("type") == JOB and _is_unready(resource.get("outputs") or {})
    )


def _is_unready(job: Mapping[str, Any]) -> bool:
    conditions = (job.get("status") or {}).get("conditions") or ()
    ends = {each.get("type") for each in conditions if each.get("status") == "True"}
    if not ends.isdisjoint({"Failed", "FailureTarget"}):
        return True
    annotations = (job.get("metadata") or {}).get("annotations") or {}
    return "Complete" in ends and annotations.get(REPLACE_UNREADY) == "true"


async def _resources() -> Mapping[str, Any]:
    """What the state has of each resource: its ``type``, ``id`` and ``outputs``, by URN."""
    return await _ask("readStackResourceOutputs", stackName=_this_stack())


def _this_stack() -> str:
    return f"{pulumi.get_organization()}/{pulumi.get_project()}/{pulumi.get_stack()}"


async def _ask(function: str, **arguments: str) -> Mapping[str, Any]:
    result = await pulumi.runtime.invoke_async(f"pulumi:pulumi:{function}", arguments)
    outputs = (result or {}).get("outputs")
    return outputs if isinstance(outputs, Mapping) else {}


def _zones(resources: Mapping[str, Any]) -> dict[str, int]:
    """The part that each zone has in the VPC's network, by its private subnet."""
    of_type = [(urn.split("::"), each.get("outputs") or {}) for urn, each in resources.items()]
    vpcs = [outputs["cidrBlock"] for urn, outputs in of_type if urn[2].endswith(VPC)]
    if not vpcs:
        return {}
    # The first part holds the small subnets of every zone.
    parts = list(IPv4Network(vpcs[0]).subnets(new_prefix=PRIVATE_PREFIX))[1:]
    zones: dict[str, int] = {}
    for urn, outputs in of_type:
        zone = outputs.get("availabilityZone")
        if zone and urn[2].endswith(SUBNET) and urn[3].endswith(f"-private-{zone}"):
            network = IPv4Network(outputs["cidrBlock"])
            if network in parts:
                zones[zone] = parts.index(network)
    return zones


def refuse(settings: Settings, standing: Standing) -> None:
    """Refuse a change that what stands cannot take, and warn of one that takes a part of it down.

    Raises:
        pulumi.RunError: a change is refused; the engine shows its sentences without a traceback.
    """
    if problems := list(refusals(settings, standing)):
        raise pulumi.RunError(str(SettingsError(f"{STACKS}/{PREFIX}{settings.stack}{SUFFIX}", problems)))
    for sentence in warnings(settings, standing):
        pulumi.log.warn(sentence)


__all__ = ["jobs_made_again", "refuse", "standing", "unready", "versions"]
