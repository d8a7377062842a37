"""The nodes of a Magnum cluster, as the node agent registers them: those of its workers' groups.

As many as Magnum says: a group that an autoscaler may grow is asked for with the most.
"""

from __future__ import annotations

from collections.abc import Mapping
from threading import Lock
from typing import Any, Final

from rehearsal.cluster import pools
from rehearsal.cluster.pools import Pool
from rehearsal.home import Home
from rehearsal.openstack_services.session import Session
from rehearsal.plugins.openstack.services.api import or_gone
from rehearsal.plugins.openstack.services.magnum import MAGNUM

# Each driver names a node's group by one of its own (``infra.settings.drivers``); this is that of
# magnum-capi-helm, which the driver of a rehearsal follows.
_GROUP_LABEL: Final = "capi.stackhpc.com/node-group"
_CARDS: Final = "pci_passthrough:alias"


_ONE_AFTER_ANOTHER: Final = Lock()
"""What was asked before another group came must not be told after it."""


def declare(home: Home, session: Session, cluster: str) -> None:
    """Have the nodes of a cluster, by its id, be those that Magnum tells of."""
    with _ONE_AFTER_ANOTHER:
        found = or_gone(lambda: session.get(MAGNUM, f"/clusters/{cluster}"))
        if found is None:
            return
        name = found["name"]
        groups = session.get(MAGNUM, f"/clusters/{cluster}/nodegroups")["nodegroups"]
        there = {
            group["name"]: group
            for group in groups
            if group["role"] != "master" and not group["status"].startswith("DELETE")
        }
        for gone in {pool.name for pool in pools.declared(home, name)} - there.keys():
            pools.withdraw(home, name, gone)
        for group in there.values():
            kind = group["flavor_id"]
            labels = {_GROUP_LABEL: group["name"], "node.kubernetes.io/instance-type": kind}
            capacity = _capacity(session, kind)
            pools.declare(home, name, Pool(group["name"], group["node_count"], labels, capacity=capacity))


def _capacity(session: Session, kind: str) -> dict[str, str]:
    flavors: list[Mapping[str, Any]] = session.get("compute", "/flavors/detail")["flavors"]
    flavor = next(one for one in flavors if kind in (one["name"], one["id"]))
    # Where a flavour says how many GPUs it passes through; the alias is its operator's name for the card
    # (https://docs.openstack.org/nova/latest/admin/pci-passthrough.html; 2026-11-28).
    specs = session.get("compute", f"/flavors/{flavor['id']}/os-extra_specs")["extra_specs"]
    cards = specs.get(_CARDS, "").rpartition(":")[2]
    return {
        "cpu": str(flavor["vcpus"]),
        "memory": f"{flavor['ram']}Mi",
        **({"nvidia.com/gpu": cards} if cards else {}),
    }


__all__ = ["declare"]
