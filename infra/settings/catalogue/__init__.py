"""The machines that a stack file may name: EC2 instance types and the owner's OpenStack flavours."""

from __future__ import annotations

from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Literal

import yaml

from infra.settings.section import Section

FOLDER = Path(__file__).parent


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
def _machines(file: str, key: str) -> dict[str, Machine]:
    data = yaml.safe_load((FOLDER / file).read_text(encoding="utf-8"))
    return {name: Machine(name=name, **row) for name, row in data[key].items()}


def instance_types() -> dict[str, Machine]:
    """The EC2 instance types that are allowed, by name."""
    return _machines("aws.yaml", "instance_types")


def flavours() -> dict[str, Machine]:
    """The owner's OpenStack flavours, by name."""
    return _machines("openstack.yaml", "flavours")


def closest(wanted: str, allowed: list[str], count: int = 3) -> list[str]:
    """The allowed names that look most like a wanted one, best first; never empty unless ``allowed`` is."""
    near = get_close_matches(wanted, allowed, n=count, cutoff=0.5)
    return near or sorted(allowed)[:count]
