"""Instance types and flavours must be of the catalogue, of the right sort, and offered in the region."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from infra.settings.catalogue import Machine, closest, flavours, instance_types, offers
from infra.settings.model import Settings
from isthmus.settings.errors import Problem
from isthmus.settings.sentences import show


def _machine(
    path: str, name: str, known: Mapping[str, Machine], file: str, with_gpus: bool
) -> Iterator[Problem]:
    machine = known.get(name)
    if machine is not None and bool(machine.gpus) == with_gpus:
        return
    sort = {row: known[row] for row in known if bool(known[row].gpus) == with_gpus}
    near = ", ".join(closest(name, list(sort)))
    if machine is None:
        yield Problem(
            path,
            f"is {name}, which infra/settings/catalogue/{file} does not list; the closest there are {near}: "
            "write one of them or add a row",
        )
    elif with_gpus:
        yield Problem(path, f"is {name}, which has no GPU; a GPU pool needs one such as {near}")
    else:
        yield Problem(
            path,
            f"is {name}, which has {machine.gpus} {machine.gpu}; GPUs belong into gpu_pools: "
            f"take one such as {near}",
        )


def _offered(path: str, name: str, region: str, known: Mapping[str, Machine]) -> Iterator[Problem]:
    machine = known.get(name)
    if machine is None or offers(region, name):
        return
    others = [row for row in known if bool(known[row].gpus) == bool(machine.gpus) and offers(region, row)]
    there = f"it has {', '.join(closest(name, others))}" if others else "it has none of the kind"
    yield Problem(
        path,
        f"is {name}, which {region} does not offer by infra/settings/catalogue/offerings.yaml; {there}: take "
        "another type or another aws.region",
    )


def machines(settings: Settings) -> Iterator[Problem]:
    """Problems with the machines that settings name."""
    aws, openstack = settings.aws, settings.openstack
    types, private = instance_types(), flavours()
    nodes = aws.cluster.system_nodes
    yield from _machine(
        "aws.cluster.system_nodes.instance_type", nodes.instance_type, types, "aws.yaml", with_gpus=False
    )
    yield from _offered("aws.cluster.system_nodes.instance_type", nodes.instance_type, aws.region, types)
    for name, pool in aws.gpu_pools.items():
        path = f"aws.gpu_pools.{name}.instance_type"
        yield from _machine(path, pool.instance_type, types, "aws.yaml", with_gpus=True)
        yield from _offered(path, pool.instance_type, aws.region, types)
    for name, cpu_pool in aws.cpu_pools.items():
        path = f"aws.cpu_pools.{name}.instance_type"
        yield from _machine(path, cpu_pool.instance_type, types, "aws.yaml", with_gpus=False)
        yield from _offered(path, cpu_pool.instance_type, aws.region, types)
    for key in ("master_flavor", "node_flavor"):
        path, flavour = f"openstack.cluster.{key}", getattr(openstack.cluster, key)
        yield from _machine(path, flavour, private, "openstack.yaml", with_gpus=False)
    for name, private_pool in openstack.gpu_pools.items():
        path = f"openstack.gpu_pools.{name}.flavor"
        yield from _machine(path, private_pool.flavor, private, "openstack.yaml", with_gpus=True)
    if settings.link.enabled and settings.link.private_gateway == "instances":
        yield from _machine(
            "link.servers.flavor", settings.link.servers.flavor, private, "openstack.yaml", with_gpus=False
        )


def priced(settings: Settings) -> Iterator[Problem]:
    """Problems with what the price book names: a slip there would leave something without a price."""
    book, known = settings.cost.price_book, flavours()
    models = sorted({machine.gpu for machine in known.values() if machine.gpu})
    for key, names, allowed in (
        ("flavour_hour", book.flavour_hour, list(known)),
        ("gpu_hour", book.gpu_hour, models),
    ):
        for name in names:
            if name not in allowed:
                yield Problem(
                    f"cost.price_book.{key}",
                    f"has a price of {show(name)}, which infra/settings/catalogue/openstack.yaml does not "
                    "list; "
                    f"the closest there are {', '.join(closest(name, allowed))}: write one or add a row",
                )
