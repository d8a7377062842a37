"""The private cloud, by the owner's price book."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from pydantic import Field

from infra.review.cost.charge import HOURS, Charge, Purpose, Range
from infra.review.cost.context import Context, exact
from infra.review.cost.inputs import Count, Inputs, Size, Text, Unreadable, read
from infra.review.cost.price import NoPrice, Price
from infra.review.cost.rules.aws_machines import purpose_of
from infra.review.resource import Resource
from infra.settings.catalogue import flavours

CLUSTER = "openstack:containerinfra/cluster:Cluster"
TEMPLATE = "openstack:containerinfra/clusterTemplate:ClusterTemplate"
BOOK = "cost.price_book of the stack file"
ALWAYS = Range.of(HOURS)


class _Template(Inputs):
    flavor: Text
    master_flavor: Text
    docker_volume_size: Size = 0
    master_lb_enabled: bool = False
    floating_ip_enabled: bool = False
    labels: dict[str, str] = Field(default_factory=dict)


class _Cluster(Inputs):
    master_count: Count = 1
    node_count: Count = 1
    flavor: Text | None = None
    master_flavor: Text | None = None
    docker_volume_size: Size | None = None
    labels: dict[str, str] = Field(default_factory=dict)


class _NodeGroup(Inputs):
    flavor_id: Text
    node_count: Count = 1
    min_node_count: Count = 0
    max_node_count: Count | None = None
    docker_volume_size: Size | None = None
    role: Text | None = None
    labels: dict[str, str] = Field(default_factory=dict)


class _BlockDevice(Inputs):
    volume_size: Size = 0
    destination_type: Text = ""


class _Instance(Inputs):
    flavor_name: Text | None = None
    flavor_id: Text | None = None
    block_devices: list[_BlockDevice] = Field(default_factory=list)


class _Volume(Inputs):
    size: Size


def cluster(resource: Resource, context: Context) -> Iterator[Charge]:
    """A Magnum cluster's own machines, their volumes, and the balancer before its API."""
    found = read(_Cluster, resource)
    template = _template(resource, context)
    labels = {**template.labels, **found.labels}
    workers = _workers(found.node_count, labels, context)
    for count, told, name, who in (
        (
            Range.of(found.master_count),
            f"{found.master_count}",
            found.master_flavor or template.master_flavor,
            "masters",
        ),
        (workers, _told(workers), found.flavor or template.flavor, "workers"),
    ):
        yield Charge(f"{told} {who}, {name}", flavour(name, context), count * HOURS)
    docker = template.docker_volume_size if found.docker_volume_size is None else found.docker_volume_size
    nodes = Range.of(found.master_count) + workers
    yield from _volumes(docker, labels, nodes, "platform", context)
    if template.master_lb_enabled:
        yield Charge("load balancer before the API", _item("load_balancer_hour", context), ALWAYS)
    if template.labels.get("master_lb_floating_ip_enabled") == "true":
        yield Charge("floating address of the API", _item("floating_ip_hour", context), ALWAYS)
    if template.floating_ip_enabled:
        yield Charge("floating address of each node", _item("floating_ip_hour", context), nodes * HOURS)


def _workers(count: int, labels: dict[str, str], context: Context) -> Range:
    """A cluster's workers: those that it begins with, or the range in which it scales them itself.

    Magnum user guide, "Labels": auto_scaling_enabled, min_node_count, max_node_count; where none bounds it,
    one more than it begins with, as cluster_api has it (infra/settings/drivers.py has the sources).
    """
    if labels.get("auto_scaling_enabled", "").lower() != "true":
        return Range.of(count)
    least, most = (_count(labels.get(f"{end}_node_count")) for end in ("min", "max"))
    fewest = 1 if least is None else least
    return context.nodes(fewest, max(fewest, count + 1 if most is None else most), training=False)


def _count(label: str | None) -> int | None:
    return int(label) if label and label.isascii() and label.isdigit() and len(label) < 6 else None


def _told(count: Range) -> str:
    return f"{count.low:f}" if count.low == count.high else f"{count.low:f} to {count.high:f}"


def node_group(resource: Resource, context: Context) -> Iterator[Charge]:
    """Nodes from the fewest to the most, and the volumes of each."""
    group = read(_NodeGroup, resource)
    most = group.node_count if group.max_node_count is None else group.max_node_count
    least = min(group.min_node_count, most) if group.max_node_count is not None else most
    purpose = purpose_of(group.role)
    nodes = context.nodes(least, most, training=purpose == "training")
    what = f"{least} to {most} {group.flavor_id}"
    yield Charge(what, flavour(group.flavor_id, context), nodes * HOURS, purpose)
    above = context.behind(resource, "clusterId", CLUSTER)
    labels = dict(_template(above, context).labels) if above is not None else {}
    yield from _volumes(group.docker_volume_size or 0, labels | group.labels, nodes, purpose, context)


def instance(resource: Resource, context: Context) -> Iterator[Charge]:
    """A server that always runs, with the volumes that it boots from."""
    server = read(_Instance, resource)
    name = server.flavor_name or server.flavor_id
    if name is None:
        raise Unreadable("neither flavorName nor flavorId is there")
    yield Charge(name, flavour(name, context), ALWAYS)
    for device in server.block_devices:
        if device.destination_type == "volume" and device.volume_size:
            price = _item("volume_gb_month", context)
            yield Charge(f"volume of {device.volume_size} GB", price, Range.of(device.volume_size))


def volume(resource: Resource, context: Context) -> Iterator[Charge]:
    """A volume of its own."""
    size = read(_Volume, resource).size
    yield Charge(f"volume of {size} GB", _item("volume_gb_month", context), Range.of(size))


def container(_: Resource, context: Context) -> Iterator[Charge]:
    """Objects of the private store."""
    stored = Range.of(context.usage.private_object_gb)
    yield Charge("objects stored", _item("object_gb_month", context), stored)


def floating_address(_: Resource, context: Context) -> Iterator[Charge]:
    """A floating address, used or not."""
    yield Charge("floating address", _item("floating_ip_hour", context), ALWAYS)


def load_balancer(_: Resource, context: Context) -> Iterator[Charge]:
    """A load balancer of Octavia."""
    yield Charge("load balancer", _item("load_balancer_hour", context), ALWAYS)


def flavour(name: str, context: Context) -> Price | NoPrice:
    """The hour of a flavour with its GPUs."""
    plain = context.book.flavour_hour.get(name)
    if plain is None:
        return NoPrice(f"the price book has no flavour_hour of {name}")
    usd, machine = exact(plain), flavours().get(name)
    if machine is not None and machine.gpu is not None:
        gpu = context.book.gpu_hour.get(machine.gpu)
        if gpu is None:
            return NoPrice(f"the price book has no gpu_hour of {machine.gpu}, which {name} has")
        usd += machine.gpus * exact(gpu)
    return Price(usd, "flavour-hour", BOOK, None)


def _item(key: str, context: Context) -> Price | NoPrice:
    usd: float | None = getattr(context.book, key)
    unit = key.removesuffix("_hour").replace("_", " ") + "-hour" if key.endswith("_hour") else "GB-month"
    return NoPrice(f"the price book has no {key}") if usd is None else Price(exact(usd), unit, BOOK, None)


def _template(resource: Resource, context: Context) -> _Template:
    found = context.behind(resource, "clusterTemplateId", TEMPLATE)
    if found is None:
        raise Unreadable("its cluster template is not in the preview")
    return read(_Template, found)


def _volumes(
    docker_gb: int, labels: dict[str, str], nodes: Range, purpose: Purpose, context: Context
) -> Iterator[Charge]:
    """What Magnum makes for each node: one volume for containers, one to boot from where a label asks for it.

    Magnum user guide, "Labels": boot_volume_size; docker_volume_size of the template.
    """
    boot = labels.get("boot_volume_size", "")
    size = docker_gb + (int(boot) if boot.isascii() and boot.isdigit() and len(boot) < 9 else 0)
    if size:
        price = _item("volume_gb_month", context)
        yield Charge(f"volumes of each node, {size} GB", price, nodes * Decimal(size), purpose)
