"""Instance types by need: what a region offers that has enough, the cheapest first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from infra.review.cost.price import NoPrice, Price
from infra.review.cost.prices import prices
from infra.settings.catalogue import Machine, instance_types, offers
from infra.settings.catalogue.need import Need


@dataclass(frozen=True)
class Offer:
    """An instance type that a region offers, and what an hour of it costs there."""

    machine: Machine
    price: Price | NoPrice


def by_need(need: Need, region: str, *, spot: bool = False) -> tuple[Offer, ...]:
    """The instance types of the catalogue that a region offers and that have enough.

    The cheapest come first; what has no price comes last, since nobody knows its place. What costs the same
    goes by its name.
    """
    return tuple(sorted(_offers(need, region, spot), key=_place))


def _offers(need: Need, region: str, spot: bool) -> Iterator[Offer]:
    for machine in instance_types().values():
        if need.met_by(machine) and offers(region, machine.name):
            yield Offer(machine, prices().instance(machine.name, region, spot=spot))


def _place(offer: Offer) -> tuple[bool, Decimal, str]:
    price = offer.price
    known = isinstance(price, Price)
    return (not known, price.usd if isinstance(price, Price) else Decimal(0), offer.machine.name)


__all__ = ["Offer", "by_need"]
