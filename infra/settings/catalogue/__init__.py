"""What a stack file may name: AWS regions, EC2 instance types and the owner's OpenStack flavours."""

from __future__ import annotations

from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any, Literal

import yaml

from isthmus.settings.section import Section

FOLDER = Path(__file__).parent
# The one in C, ten times as fast, wherever PyYAML was built with it.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Machine(Section):
    """What one instance type or flavour is."""

    name: str
    """Its name in the cloud."""
    arch: Literal["amd64", "arm64"]
    """CPU architecture, as container images name it."""
    vcpus: int
    """Virtual CPUs."""
    memory_gib: float
    """Main memory, GiB."""
    gpu: str | None = None
    """Model of its GPUs, e.g. ``L4``."""
    gpus: int = 0
    """Number of GPUs."""
    gpu_memory_gib: float = 0
    """Memory of one GPU, GiB."""
    compute_capability: str | None = None
    """NVIDIA compute capability, e.g. ``8.9``."""


@cache
def _content(file: str) -> dict[str, Any]:
    return dict(yaml.load((FOLDER / file).read_bytes(), _LOADER))  # noqa: S506 - a safe one


@cache
def _machines(file: str, key: str) -> dict[str, Machine]:
    return {name: Machine(name=name, **row) for name, row in _content(file)[key].items()}


def zones() -> dict[str, tuple[str, ...]]:
    """The availability zones of each AWS region that is allowed."""
    found = _content("regions.yaml")["regions"]
    return {region: tuple(f"{region}{letter}" for letter in letters) for region, letters in found.items()}


def partitions() -> dict[str, tuple[str, str]]:
    """The regions in which no estate is built: each with its partition and what that is called."""
    found = _content("regions.yaml")["elsewhere"]
    return {region: (partition, row["of"]) for partition, row in found.items() for region in row["regions"]}


def instance_types() -> dict[str, Machine]:
    """The EC2 instance types that are allowed, by name."""
    return _machines("aws.yaml", "instance_types")


def offers(region: str, instance_type: str) -> bool:
    """Whether a region offers an instance type; what the table does not know is not held against it."""
    absent = _content("offerings.yaml")["not_offered"]
    family = instance_type.partition(".")[0]
    return region not in {*absent.get(family, ()), *absent.get(instance_type, ())}


def flavours() -> dict[str, Machine]:
    """The owner's OpenStack flavours, by name."""
    return _machines("openstack.yaml", "flavours")


def closest(wanted: str, allowed: list[str], count: int = 3) -> list[str]:
    """The allowed names that look most like a wanted one, best first; never empty unless ``allowed`` is."""
    near = get_close_matches(wanted, allowed, n=count, cutoff=0.5)
    return near or sorted(allowed)[:count]
