"""A product, as the model and a release know it."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class Product(BaseModel):
    """The model knows a product by its ``index``, from 1. ``price`` is the median unit price in GBP, and
    ``popularity_rank`` is 1 for the product that most customers bought."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    index: int
    product_code: str = Field(validation_alias="stock_code", serialization_alias="stock_code")
    """``stock_code`` in ``items.json``, as every release has called it."""
    description: str
    price: float
    popularity_rank: int
