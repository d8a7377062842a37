"""What pods ask for, in the words of Kubernetes: ``250m`` CPUs, ``2Gi`` of memory."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

GPU: Final = "nvidia.com/gpu"
GIB: Final = Decimal(2**30)
_QUANTITY: Final = re.compile(r"(\d{1,18}(?:\.\d{1,9})?)([numkMGTPE]|[KMGTPE]i|[eE][+-]?\d{1,2})?")
_SUFFIXES: Final[Mapping[str, Decimal]] = {
    "": Decimal(1),
    "n": Decimal("1e-9"),
    "u": Decimal("1e-6"),
    "m": Decimal("1e-3"),
    **{letter: Decimal(1000) ** power for power, letter in enumerate("kMGTPE", 1)},
    **{f"{letter}i": Decimal(1024) ** power for power, letter in enumerate("KMGTPE", 1)},
}
"""kubernetes/kubernetes, staging/src/k8s.io/apimachinery/pkg/api/resource/suffix.go."""


@dataclass(frozen=True)
class Asked:
    """CPUs, memory and GPUs of a node that something asks for."""

    cpus: Decimal = Decimal(0)
    memory_gib: Decimal = Decimal(0)
    gpus: Decimal = Decimal(0)

    def __add__(self, other: Asked) -> Asked:
        return Asked(self.cpus + other.cpus, self.memory_gib + other.memory_gib, self.gpus + other.gpus)

    def larger(self, other: Asked) -> Asked:
        """Of each the larger one."""
        return Asked(
            max(self.cpus, other.cpus), max(self.memory_gib, other.memory_gib), max(self.gpus, other.gpus)
        )


def quantity(value: object) -> Decimal | None:
    """A quantity of Kubernetes; None for what is none, or is not known yet."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    found = _QUANTITY.fullmatch(str(value).strip())
    if found is None:
        return None
    number, suffix = Decimal(found[1]), found[2] or ""
    if suffix in _SUFFIXES:
        return number * _SUFFIXES[suffix]
    return number.scaleb(int(suffix[1:]))


def of_pod(spec: object) -> Asked:
    """What a pod holds of its node: its containers together, or a larger one of those that start first.

    A limit without a request is one, too, as Kubernetes takes it.
    """
    if not isinstance(spec, Mapping):
        return Asked()
    together = sum((_of(each) for each in _items(spec, "containers")), Asked())
    for each in _items(spec, "initContainers"):
        together = together.larger(_of(each))
    return together


def _of(container: Mapping[str, Any]) -> Asked:
    resources = container.get("resources")
    resources = resources if isinstance(resources, Mapping) else {}
    told: dict[str, Any] = {}
    for key in ("limits", "requests"):
        part = resources.get(key)
        told |= part if isinstance(part, Mapping) else {}
    memory = quantity(told.get("memory"))
    return Asked(
        quantity(told.get("cpu")) or Decimal(0),
        (memory or Decimal(0)) / GIB,
        quantity(told.get(GPU)) or Decimal(0),
    )


def _items(spec: Mapping[str, Any], key: str) -> Iterable[Mapping[str, Any]]:
    found = spec.get(key)
    return (each for each in found if isinstance(each, Mapping)) if isinstance(found, list) else ()


__all__ = ["GIB", "GPU", "Asked", "of_pod", "quantity"]
