"""The estate as a preview has it, to be drawn: sites with networks, clusters, pools and stores, and the link.

Nothing is drawn that the preview does not hold; a program that is not ours is drawn by the same types.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, Final, Literal

from infra.review.change.change import Kind
from infra.review.change.impact import site_of
from infra.review.change.values import NOT_KNOWN
from infra.review.resource import Resource

Area = Literal["network", "cluster", "pools", "workloads", "stores", "link"]

AREAS: Final[Mapping[Area, str]] = {
    "network": """
        aws:ec2/vpc:* aws:ec2/subnet:* aws:ec2/natGateway:* aws:ec2/internetGateway:* aws:ec2/vpcEndpoint:*
        aws:ec2/eip:* aws:lb/loadBalancer:* aws:alb/loadBalancer:* aws:cloudfront/distribution:*
        openstack:networking/network:* openstack:networking/subnet:* openstack:networking/router:*
        openstack:networking/floatingIp:* openstack:loadbalancer/loadBalancer:*
    """,
    "cluster": "aws:eks/cluster:* openstack:containerinfra/cluster:*",
    "pools": """
        aws:eks/nodeGroup:* openstack:containerinfra/nodeGroup:* aws:ec2/instance:*
        openstack:compute/instance:* kubernetes:karpenter.sh/v1:NodePool
    """,
    "workloads": "kubernetes:batch/v1:* kubernetes:apps/v1:* kubernetes:helm.sh/v3:Release",
    "stores": """
        aws:s3/bucket:* aws:s3/bucketV2:* openstack:objectstorage/container:* aws:ecr/repository:* aws:rds/*
        aws:ebs/volume:* openstack:blockstorage/volume:* aws:dynamodb/table:* openstack:database/*
    """,
    "link": """
        aws:ec2/vpnConnection:* aws:ec2/vpnGateway:* aws:ec2/customerGateway:*
        aws:ec2transitgateway/transitGateway:* openstack:vpnaas/service:* openstack:vpnaas/siteConnection:*
    """,
}
"""What is drawn, by where it is drawn."""
TITLES: Final[Mapping[Area, str]] = {
    "network": "Network",
    "cluster": "Cluster",
    "pools": "Pools and machines",
    "workloads": "Workloads",
    "stores": "Stores",
    "link": "Link",
}
_SITES: Final = {"aws": "AWS", "openstack": "OpenStack", "kubernetes": "Kubernetes"}
_LONGEST: Final = 60
_MOST_ALIKE: Final = 4


@dataclass(frozen=True)
class Box:
    """One thing that is drawn."""

    name: str
    what: str
    detail: str
    kind: Kind | None
    """What becomes of it; None where it stays as it is."""


@dataclass(frozen=True)
class Site:
    """One cloud."""

    name: str
    areas: Mapping[str, tuple[Box, ...]]
    """Boxes by the title of their area; empty areas are left out."""
    rest: tuple[tuple[str, int], ...]
    """Resources that are not drawn, by their type."""


@dataclass(frozen=True)
class Drawing:
    """One side of a change."""

    sites: tuple[Site, ...]
    link: tuple[Box, ...]


def drawing(resources: Mapping[str, Resource], kinds: Mapping[str, Kind]) -> Drawing:
    """Draw one side; ``kinds`` says by URN what becomes of what changes."""
    boxes: dict[str, dict[Area, list[Box]]] = {}
    rest: dict[str, Counter[str]] = {}
    for resource in resources.values():
        if not resource.custom or resource.package == "pulumi":
            continue
        site, area = site_of(resource, resources), _area(resource.type)
        boxes.setdefault(site, {})
        if area is None:
            rest.setdefault(site, Counter())[resource.type] += 1
        else:
            boxes[site].setdefault(area, []).append(_box(resource, kinds.get(resource.urn)))
    link = [box for site in boxes.values() for box in site.pop("link", [])]
    sites = [
        Site(
            _SITES.get(name, name),
            {TITLES[area]: _together(areas[area]) for area in AREAS if areas.get(area)},
            tuple(sorted(rest.get(name, Counter()).items(), key=lambda item: (-item[1], item[0]))),
        )
        for name, areas in sorted(boxes.items(), key=lambda item: item[0] != "openstack")
    ]
    return Drawing(tuple(sites), tuple(sorted(link, key=_order)))


def _together(boxes: list[Box]) -> tuple[Box, ...]:
    """Boxes in order; many of one kind that stay as they are become one."""
    same = Counter(box.what for box in boxes if box.kind is None)
    many = {what: count for what, count in same.items() if count > _MOST_ALIKE}
    kept = [box for box in boxes if box.kind is not None or box.what not in many]
    kept += [Box(f"{count} that stay as they are", what, "", None) for what, count in many.items()]
    return tuple(sorted(kept, key=_order))


def _order(box: Box) -> tuple[str, str]:
    return box.what, box.name


def _area(kind: str) -> Area | None:
    return next(
        (
            area
            for area, patterns in AREAS.items()
            if any(fnmatchcase(kind, each) for each in patterns.split())
        ),
        None,
    )


def _box(resource: Resource, kind: Kind | None) -> Box:
    detail = ", ".join(_details(resource.inputs))
    return Box(resource.name, resource.type.rsplit(":", 1)[-1], detail, kind)


def _details(inputs: Mapping[str, Any]) -> Iterator[str]:
    """What tells one from another, as far as the preview knows it."""
    scaling = inputs.get("scalingConfig")
    least, most = (
        (scaling.get("minSize"), scaling.get("maxSize"))
        if isinstance(scaling, Mapping)
        else (inputs.get("minNodeCount"), inputs.get("maxNodeCount"))
    )
    if _plain(least) and _plain(most):
        yield f"{least} to {most}"
    kinds = inputs.get("instanceTypes")
    if isinstance(kinds, list):
        yield from (_cut(each) for each in kinds if _plain(each))
    for key, told in (
        ("instanceType", "{}"),
        ("flavorId", "{}"),
        ("flavorName", "{}"),
        ("capacityType", "{}"),
        ("cidrBlock", "{}"),
        ("cidr", "{}"),
        ("availabilityZone", "{}"),
        ("version", "version {}"),
        ("masterCount", "{} masters"),
        ("nodeCount", "{} nodes"),
        ("bucket", "{}"),
        ("size", "{} GB"),
    ):
        value = inputs.get(key)
        if _plain(value) and not (key == "nodeCount" and _plain(least) and _plain(most)):
            yield told.format(_cut(value))
    spec = inputs.get("spec")
    if isinstance(spec, Mapping):
        if _plain(schedule := spec.get("schedule")):
            yield f"at {_cut(schedule)}"
        if _plain(replicas := spec.get("replicas")):
            yield f"{_cut(replicas)} replicas"


def _plain(value: Any) -> bool:
    known = isinstance(value, str | int) and not isinstance(value, bool) and value != ""
    return known and value not in NOT_KNOWN


def _cut(value: Any) -> str:
    text = str(value)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."
