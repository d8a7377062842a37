"""What a pod needs of a machine, and which machines of the catalogue have it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from infra.settings.catalogue import Machine

GIB_OF_GB = 10**9 / 2**30
"""Makers sell a GPU's memory in GB, the catalogue counts GiB: 24 GB are 22.4 GiB."""


@dataclass(frozen=True)
class Need:
    """The least that a node must have; memory of a GPU in GiB, rounded to 0.1 as the catalogue rounds it."""

    gpus: int = 0
    gpu_memory_gib: float = 0
    compute_capability: str = "0"
    vcpus: int = 0
    memory_gib: float = 0
    arch: Literal["amd64", "arm64"] = "amd64"

    @classmethod
    def of(cls, machine: Machine) -> Need:
        """What a machine has."""
        return cls(
            gpus=machine.gpus,
            gpu_memory_gib=machine.gpu_memory_gib,
            compute_capability=machine.compute_capability or "0",
            vcpus=machine.vcpus,
            memory_gib=machine.memory_gib,
            arch=machine.arch,
        )

    @classmethod
    def of_gpus(cls, count: int, memory_gb: float, compute_capability: str) -> Need:
        """So many GPUs, each with a memory in GB as its maker counts it."""
        return cls(count, round(memory_gb * GIB_OF_GB, 1), compute_capability)

    def met_by(self, machine: Machine) -> bool:
        """Whether a machine has all of it."""
        return (
            machine.arch == self.arch
            and machine.vcpus >= self.vcpus
            and machine.memory_gib >= self.memory_gib
            and machine.gpus >= self.gpus
            and machine.gpu_memory_gib >= self.gpu_memory_gib
            and _version(machine.compute_capability or "0") >= _version(self.compute_capability)
        )


def _version(capability: str) -> tuple[int, ...]:
    """``10.0`` is after ``9.0``, which no comparison of texts knows."""
    return tuple(int(part) for part in capability.split("."))


__all__ = ["Need"]
