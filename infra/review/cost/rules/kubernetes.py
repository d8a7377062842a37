"""Objects of a cluster that make a cloud build something."""

from __future__ import annotations

from collections.abc import Iterator

from infra.chart_pins import charts
from infra.review.cost.charge import HOURS, Charge, Range
from infra.review.cost.context import Context
from infra.review.cost.inputs import Inputs, Text, read
from infra.review.cost.price import NoPrice
from infra.review.cost.rules import openstack
from infra.review.resource import Resource


class _Spec(Inputs):
    type: Text = "ClusterIP"


class _Service(Inputs):
    spec: _Spec = _Spec()


def service(resource: Resource, context: Context) -> Iterator[Charge]:
    """A Service of type LoadBalancer; any other costs nothing."""
    if read(_Service, resource).spec.type != "LoadBalancer":
        return
    if site_of(resource, context) == "openstack":
        yield from openstack.load_balancer(resource, context)
        return
    reason = NoPrice("which balancer the cluster makes, and what it carries, is not in the preview")
    yield Charge("load balancer", reason, Range.of(HOURS))


def claim(_: Resource, __: Context) -> Iterator[Charge]:
    """A claim of a volume: which one it gets, the cluster's storage class says."""
    yield Charge("volume", NoPrice("its storage class says which volume it is"), Range.of(1))


class _Release(Inputs):
    chart: Text = ""


def chart(resource: Resource, _: Context) -> Iterator[Charge]:
    """A Helm release: its objects are made where no preview sees them.

    The estate's own charts make pods for nodes that are charged, and neither volumes nor balancers.
    """
    if read(_Release, resource).chart.rpartition("/")[2] in charts():
        return
    yield Charge("what the chart makes", NoPrice("the chart's objects are not in the preview"), Range.of(1))


def site_of(resource: Resource, context: Context) -> str | None:
    """The site whose cluster the object's provider speaks to."""
    provider = context.resources.get(resource.provider)
    for urns in provider.depends.values() if provider else ():
        for urn in urns:
            if (found := context.resources.get(urn)) and found.package in ("aws", "openstack"):
                return found.package
    return None
