"""When to train again: the section ``training.retrain`` of a stack file."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from training.errors import TrainingError

Share = Annotated[float, Field(ge=0, le=1)]


class DriftSettings(BaseModel):
    """Thresholds; each is crossed by what is beyond chance only."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    max_age_days: Annotated[int, Field(ge=1, le=3650)] = 30
    """Days of orders that a release has never seen, after which a new one is trained whatever they say."""
    newest_days: Annotated[int, Field(ge=1, le=366)] = 14
    """Newest calendar days that are held against the release's window."""
    least_orders: Annotated[int, Field(ge=1)] = 50
    """Fewer orders than this on those days say nothing."""
    max_product_drift: Share = 0.2
    """Jensen-Shannon distance (base 2) of the products' shares, above what chance gives."""
    max_basket_drift: Annotated[float, Field(ge=0, le=10)] = 0.1
    """Population stability index of the baskets' sizes, above what chance gives."""
    max_price_drift: Annotated[float, Field(ge=0, le=10)] = 0.1
    """The same of the prices."""
    max_new_customer_change: Share = 0.15
    """Change of the share of customers who were never seen before."""
    max_recall_loss: Share = 0.2
    """Share of the validated recall@20 that may be lost on the newest days."""


def parse(text: str) -> DriftSettings:
    """Read RETRAIN_SETTINGS.

    Raises:
        TrainingError: naming the key and the value.
    """
    try:
        return DriftSettings.model_validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"]) or "the JSON"
        raise TrainingError(
            f"RETRAIN_SETTINGS: training.retrain.{key} is {first['input']!r}: {first['msg']}"
        ) from None
