"""When to train again: the section ``training.retrain`` of a stack file."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from isthmus.settings.annotations import Unit
from isthmus.settings.quantities import Share
from isthmus.settings.section import Section
from isthmus.settings.validation import validate_json

Drift = Annotated[float, Field(ge=0, le=10, allow_inf_nan=False)]


class DriftSettings(Section):
    """Thresholds; each is crossed by what is beyond chance only."""

    max_age_days: Annotated[int, Unit("days"), Field(ge=1, le=3650)] = 30
    """Days of orders that a release has never seen, after which a new one is trained without drift too."""
    newest_days: Annotated[int, Unit("days"), Field(ge=1, le=366)] = 14
    """Newest days, which are held against the window of the release."""
    least_orders: Annotated[int, Unit("orders"), Field(ge=1)] = 50
    """Fewer orders than this on those days say nothing."""
    max_product_drift: Share = 0.2
    """Jensen-Shannon distance of the products' shares that may be, beyond chance."""
    max_basket_drift: Drift = 0.1
    """Population stability index of the baskets' sizes that may be, beyond chance."""
    max_price_drift: Drift = 0.1
    """Population stability index of the prices that may be, beyond chance."""
    max_new_customer_change: Share = 0.15
    """Change of the share of new customers that may be."""
    max_recall_loss: Share = 0.2
    """Share of the validated recall@20 that may be lost on the newest days."""


def parse(text: str) -> DriftSettings:
    """Read RETRAIN_SETTINGS.

    Raises:
        SettingsError: naming each key, its value and what is allowed.
    """
    return validate_json(DriftSettings, text, "RETRAIN_SETTINGS", "training.retrain")
