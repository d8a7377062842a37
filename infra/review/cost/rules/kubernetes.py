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

_SITES = ("aws", "openstack")


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
    found = cluster_of(resource, context)
    return found.package if found is not None else None


def cluster_of(resource: Resource, context: Context) -> Resource | None:
    """What the object's provider takes its kubeconfig from or waits for: a cluster, where there is one."""
    provider = context.resources.get(resource.provider)
    if provider is None:
        return None
    urns = [*(urn for urns in provider.depends.values() for urn in urns), *provider.waits_for]
    found = [each for urn in urns if (each := context.resources.get(urn)) and each.package in _SITES]
    return min(found, key=lambda each: not each.type.lower().endswith("cluster"), default=None)
