"""What applications send and get, as the OpenAPI document shows it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

MOST_CUSTOMERS = 64
"""In one request, as in one of Triton's."""
MOST_PRODUCTS = 100
MOST_LEFT_OUT = 200
MOST_EVENTS = 100

Customer = Annotated[str, Field(min_length=1, max_length=128)]
ProductCode = Annotated[str, Field(min_length=1, max_length=64)]
Digest = Annotated[str, Field(pattern=r"^sha256:[0-9a-f]{64}$")]
Key = Annotated[str, Field(min_length=8, max_length=128)]


class Message(BaseModel):
    """Closed to keys that it does not know, and strict in its types."""

    model_config = ConfigDict(extra="forbid", strict=True, hide_input_in_errors=True)


class Question(Message):
    """What to recommend, and to whom."""

    customer: Customer | None = Field(default=None, description="One customer, by id or pseudonym.")
    customers: list[Customer] = Field(
        default=[], max_length=MOST_CUSTOMERS, description="Several customers, in place of one."
    )
    products: list[ProductCode] = Field(
        default=[],
        max_length=MOST_PRODUCTS,
        description="What lies in the basket. It changes what is recommended, to a customer or to nobody in "
        "particular, and is left out of the answers.",
    )
    viewed: list[ProductCode] = Field(
        default=[],
        max_length=MOST_PRODUCTS,
        description="What was just looked at. It counts half of what lies in the basket, and may come up.",
    )
    time: datetime | None = Field(
        default=None,
        strict=False,
        description="When it is, by the clock of the shop; the day of the week counts.",
    )
    count: int = Field(default=10, ge=1, le=MOST_PRODUCTS, description="Products for each customer.")
    only_new: bool = Field(default=False, description="Leave out what the customer has bought before.")
    exclude: list[ProductCode] = Field(
        default=[], max_length=MOST_LEFT_OUT, description="Products that must not be in the answers."
    )
    explain: bool = Field(default=False, description="Say which rule took which product.")

    @model_validator(mode="after")
    def _about_somebody(self) -> Self:
        if self.customer is not None and self.customers:
            raise ValueError("customer and customers are both given; leave one out")
        if self.customer is None and not self.customers and not self.products and not self.viewed:
            raise ValueError("nothing is asked about; give customer, customers, products or viewed")
        return self

    def asked(self) -> list[str]:
        """The customers, one or several, or none."""
        return [self.customer] if self.customer is not None else self.customers


class RecommendedProduct(BaseModel):
    """A product of an answer."""

    product: str
    description: str
    score: float = Field(description="Orders the products of one answer; 0 for popular ones.")
    reason: Literal["personal", "context", "popular"] = Field(
        description="context: what the question brought led to it."
    )


class Taken(BaseModel):
    """A product that a rule took out of an answer."""

    product: str
    rule: str
    reason: str


class Recommendation(BaseModel):
    """The answer for one customer, best first."""

    customer: str | None = Field(description="As asked; null where products alone were given.")
    known: bool = Field(description="Whether the release knows the customer.")
    products: list[RecommendedProduct]
    fewer: str = Field(description="Why there are fewer products than asked for; else empty.")
    taken: list[Taken] | None = Field(default=None, description="With explain: what rules took.")


class Recommendations(BaseModel):
    """The answers for all customers, in the order of the request."""

    answered_from: Literal["model", "popular"] = Field(
        serialization_alias="from",
        description="popular: no model answered, and these are the release's popular products.",
    )
    note: str = Field(description="What the caller should know of this answer, in a sentence; else empty.")
    release: str = Field(description="Digest of the release that answered.")
    answers: list[Recommendation]


class Event(Message):
    """What a customer did with a product."""

    event: Literal["shown", "clicked", "bought"]
    customer: Customer
    product: ProductCode
    at: datetime = Field(strict=False, description="When, with its offset from UTC.")
    rank: int | None = Field(default=None, ge=1, le=1000, description="Its place in the answer, from 1.")
    release: Digest | None = Field(default=None, description="The release that had recommended it.")

    @model_validator(mode="after")
    def _at_a_moment(self) -> Self:
        if self.at.tzinfo is None:
            raise ValueError("at has no offset from UTC; write it as in 2026-11-28T12:00:00Z")
        if not 2000 <= self.at.year < 2200:
            raise ValueError("at is in no year from 2000 to 2199")
        return self


class Feedback(Message):
    """Events, under a key by which the same request is counted once however often it is sent."""

    key: Key = Field(description="Chosen by the caller, another one for each request: a UUID, say.")
    events: list[Event] = Field(min_length=1, max_length=MOST_EVENTS)


class Received(BaseModel):
    """The events are on the disk."""

    events: int
    repeated: bool = Field(description="The key was seen before, and nothing was written again.")
