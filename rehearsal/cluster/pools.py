"""The pools of nodes that a cluster with a control plane has: one file each, beside its control plane.

The stand-ins for the clouds declare a node group that is made or changed and withdraw one that is deleted
(``rehearsal.plugins``), and the node agent registers its nodes. A cluster of which no pool was ever declared
has one node that is large and bears no mark.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from rehearsal import json_files
from rehearsal.cluster import wake
from rehearsal.home import Home


@dataclass(frozen=True)
class Pool:
    """Nodes of one kind; what stands here is what one of them has, said and not there."""

    name: str
    nodes: int = 1
    labels: Mapping[str, str] = field(default_factory=dict)
    taints: Sequence[Sequence[str]] = ()
    """(key, value, effect), in Kubernetes' own words."""
    capacity: Mapping[str, str] = field(default_factory=dict)
    """By resource: ``cpu``, ``memory``, ``nvidia.com/gpu``."""
    zones: Sequence[str] = ()
    """The nodes are in these by turns."""

    @property
    def node_names(self) -> list[str]:
        """Names of its nodes."""
        return [f"{self.name}-{number}" for number in range(self.nodes)]


GENERAL: Final = Pool("general", capacity={"cpu": "1000", "memory": "16Ti"})


def declare(home: Home, cluster: str, pool: Pool) -> None:
    """Have the cluster's nodes of this pool be as said, from now on."""
    json_files.write(_file(home, cluster, pool.name), asdict(pool))
    wake.poke(home.clusters)


def withdraw(home: Home, cluster: str, name: str) -> None:
    """Let a pool's nodes go; one that is gone already is no error."""
    _file(home, cluster, name).unlink(missing_ok=True)
    wake.poke(home.clusters)


def declared(home: Home, cluster: str) -> list[Pool]:
    """The pools of a cluster, by name; the general one where none ever was."""
    folder = _folder(home, cluster)
    if not folder.is_dir():
        return [GENERAL]
    found: list[dict[str, Any] | None] = [json_files.read(path) for path in sorted(folder.glob("*.json"))]
    return [Pool(**one) for one in found if one is not None]


def _folder(home: Home, cluster: str) -> Path:
    return home.control_planes / cluster / "pools"


def _file(home: Home, cluster: str, name: str) -> Path:
    return _folder(home, cluster) / f"{name}.json"
