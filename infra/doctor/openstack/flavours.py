"""Whether the project sees the flavours, as large as the catalogue says."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from infra.doctor.clouds import Clouds
from infra.settings import Settings
from infra.settings.catalogue import closest
from infra.settings.catalogue import flavours as catalogue
from isthmus.settings.errors import Problem

FILE = "infra/settings/catalogue/openstack.yaml"
OF_GPU = ("pci_passthrough:alias", "resources:VGPU", "resources:PGPU", "resources:CUSTOM_")
"""Extra specs that give a server a GPU (Nova, admin guide, "Attaching physical PCI devices to guests" and
"Attaching virtual GPU devices to guests": from memory)."""


def named(settings: Settings) -> dict[str, str]:
    """Flavours by the key that names them."""
    openstack = settings.openstack
    found = {
        "openstack.cluster.master_flavor": openstack.cluster.master_flavor,
        "openstack.cluster.node_flavor": openstack.cluster.node_flavor,
    }
    found |= {f"openstack.gpu_pools.{name}.flavor": pool.flavor for name, pool in openstack.gpu_pools.items()}
    if settings.link.enabled and settings.link.private_gateway == "instances":
        found["link.servers.flavor"] = settings.link.servers.flavor
    return found


def flavours(settings: Settings, clouds: Clouds) -> Iterator[Problem]:
    """Each is there, and no smaller; one with GPUs asks for one."""
    there = {
        each.name: each for each in clouds.openstack().compute.flavors(details=True, get_extra_specs=True)
    }
    for key, name in named(settings).items():
        if name not in there:
            near = ", ".join(closest(name, [*there])) if there else "none"
            yield Problem(
                key,
                f"is {name}, which the project does not see; the nearest are {near}: name one of them, or "
                "ask the operator for it",
            )
            continue
        yield from _as_said(key, name, there[name])


def _as_said(key: str, name: str, found: Any) -> Iterator[Problem]:
    said = catalogue()[name]
    memory = found.ram / 1024
    if found.vcpus < said.vcpus or memory < said.memory_gib:
        yield Problem(
            key,
            f"is {name}, which has {found.vcpus} vCPUs and {memory:g} GiB, and {FILE} says {said.vcpus} and "
            f"{said.memory_gib:g}: write the cloud's numbers there",
        )
    if said.gpus and not any(spec.startswith(OF_GPU) for spec in found.extra_specs or {}):
        yield Problem(
            key,
            f"is {name}, whose extra specs ask for no GPU, and {FILE} says {said.gpus} {said.gpu}: ask the "
            "operator for one with pci_passthrough:alias or VGPU",
        )


__all__ = ["flavours", "named"]
