"""What a client gets: products in order, each with its reason."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

Reason = Literal["personal", "context", "popular"]


@dataclass(frozen=True, slots=True)
class Product:
    """A recommended product.

    ``score`` orders the personal products of one answer (it is no probability, and not comparable between
    releases); it is 0 for products of the popular list, which has ranks and not scores. ``context``: it was
    not among the customer's own, and the products that the question brought led to it.
    """

    code: str
    description: str
    score: float
    reason: Reason


@dataclass(frozen=True, slots=True)
class Bought:
    """A product that the customer had bought before the release's data ends."""

    code: str
    description: str


@dataclass(frozen=True, slots=True)
class Answer:
    """Recommendations for one customer, best first.

    ``customer`` is what the caller asked for; ``bought`` holds the newest of ``bought_count`` products;
    ``milliseconds`` passed between the client's call and the answer (retries and its whole batch included);
    ``release`` is the digest of the release that answered; ``fewer`` says why there are fewer products than
    were asked for, and is empty where there are as many; ``context`` is ``used`` where the basket, what was
    viewed or the time changed the answer, says why where it could not, and is empty where none was given.
    """

    customer: str
    products: tuple[Product, ...]
    bought: tuple[Bought, ...]
    bought_count: int
    known: bool
    reason: Reason
    milliseconds: float
    release: str
    fewer: str = ""
    context: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        return asdict(self)
