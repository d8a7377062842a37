"""The network of AWS: ways out, the link, endpoints, balancers."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from pydantic import Field

from infra.review.cost.charge import HOURS, Charge, Range
from infra.review.cost.context import Context, exact
from infra.review.cost.inputs import Inputs, Text, read
from infra.review.cost.price import NoPrice
from infra.review.resource import Resource

ALWAYS = Range.of(HOURS)


class _Connection(Inputs):
    transit_gateway_id: Text | None = None


LINK = "isthmus:link:Link"
"""In a connection's URN where it is of the estate's link, whose keys are those of `isthmus link keys`."""
KEYS = ("tunnel1PresharedKey", "tunnel2PresharedKey")


class _Endpoint(Inputs):
    vpc_endpoint_type: Text = "Gateway"
    subnet_ids: list[Text] = Field(default_factory=list)
    service_name: Text | None = None


class _Balancer(Inputs):
    load_balancer_type: Text = "application"


def nat_gateway(resource: Resource, context: Context) -> Iterator[Charge]:
    """A NAT gateway, what goes through it, and what of that leaves AWS."""
    region, usage = context.region(resource), context.usage
    yield Charge("NAT gateway", context.prices.service("nat_hour", region), ALWAYS)
    yield Charge("data through it", context.prices.service("nat_gb", region), Range.of(usage.nat_gb))
    yield Charge(
        "data out to the internet", context.prices.service("internet_gb", region), Range.of(usage.internet_gb)
    )


def address(resource: Resource, context: Context) -> Iterator[Charge]:
    """A public IPv4 address, used or not."""
    price = context.prices.service("public_ipv4_hour", context.region(resource))
    yield Charge("public IPv4 address", price, ALWAYS)


def vpn_connection(resource: Resource, context: Context) -> Iterator[Charge]:
    """Both tunnels of a connection, what leaves AWS through them, and its place at a transit gateway."""
    region, link = context.region(resource), Range.of(context.usage.link_gb)
    yield Charge("VPN connection, two tunnels", context.prices.service("vpn_hour", region), ALWAYS)
    yield Charge("data out over the link", context.prices.service("internet_gb", region), link)
    if read(_Connection, resource).transit_gateway_id is not None:
        yield from transit_attachment(resource, context)
    kept = sum(key in resource.inputs for key in KEYS)
    if kept and LINK in resource.urn:
        # `isthmus link keys` makes them, no up; until it prunes, each renewed one has the former beside it.
        price = context.prices.service("secret_month", region)
        yield Charge(
            "keys of its tunnels, in Secrets Manager",
            price,
            Range(Decimal(kept), Decimal(kept), Decimal(2 * kept)),
        )


def transit_attachment(resource: Resource, context: Context) -> Iterator[Charge]:
    """A network or a connection at a transit gateway."""
    price = context.prices.service("transit_gateway_hour", context.region(resource))
    yield Charge("attachment to the transit gateway", price, ALWAYS)


def vpc_attachment(resource: Resource, context: Context) -> Iterator[Charge]:
    """The VPC at a transit gateway, and what it sends there."""
    yield from transit_attachment(resource, context)
    price = context.prices.service("transit_gateway_gb", context.region(resource))
    yield Charge("data into the transit gateway", price, Range.of(context.usage.link_gb))


def endpoint(resource: Resource, context: Context) -> Iterator[Charge]:
    """An interface endpoint in each of its zones; a gateway endpoint costs nothing."""
    found = read(_Endpoint, resource)
    if found.vpc_endpoint_type == "Gateway":
        return
    price = context.prices.service("endpoint_hour", context.region(resource))
    yield Charge("interface endpoint, an hour of each zone", price, ALWAYS * Decimal(len(found.subnet_ids)))
    # What crosses the link mostly ends at the object store; how much of it, the others' part, is not known.
    most = exact(context.usage.link_gb)
    likely = most if (found.service_name or "").endswith(".s3") else Decimal(0)
    gb = context.prices.service("endpoint_gb", context.region(resource))
    yield Charge("data through it", gb, Range(Decimal(0), likely, most))


def flow_log(resource: Resource, context: Context) -> Iterator[Charge]:
    """What a flow log delivers."""
    price = context.prices.service("flow_log_gb", context.region(resource))
    yield Charge("delivered log data", price, Range.of(context.usage.flow_log_gb))


def load_balancer(resource: Resource, context: Context) -> Iterator[Charge]:
    """A load balancer's hours; what it carries is not known."""
    kind = read(_Balancer, resource).load_balancer_type
    price = context.prices.service(f"{kind}_load_balancer_hour", context.region(resource))
    yield Charge(f"{kind} load balancer", price, ALWAYS)
    yield Charge(
        "what it carries", NoPrice("its capacity units depend on traffic that is no setting"), Range.of(1)
    )
