"""A product, as the model and a release know it."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Item(BaseModel):
    """A product. ``index`` is what the model calls it (from 1); ``price`` is the median unit price in GBP;
    ``popularity_rank`` is 1 for the product that most customers bought."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    index: int
    stock_code: str
    description: str
    price: float
    popularity_rank: int
