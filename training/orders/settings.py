"""The section ``orders``: how the shop writes its log, and how much of it may be left out."""

from __future__ import annotations

import json
from typing import Any

from pydantic import ValidationError

from training.errors import TrainingError
from training.orders.format import OrdersFormat
from training.orders.limits import Limits

VARIABLE = "ORDERS_SETTINGS"
"""In which the jobs of the private site get the section, as JSON."""
CHANGE_NO_ROW = {"limits", "accept_fewer", "private", "currency"}
"""Settings that decide whether rows are taken, or what is done beside them, and change none."""


class OrdersSettings(OrdersFormat):
    """The log of orders."""

    limits: Limits = Limits()
    """How much may be left out."""
    accept_fewer: bool = False
    """Whether batches may be replaced by ones with far fewer rows; set it for one transfer only."""

    def recorded(self) -> dict[str, Any]:
        """What can change the rows and is not as by default, as JSON values: for manifests."""
        return self.model_dump(mode="json", exclude=CHANGE_NO_ROW, exclude_defaults=True)


def parse(text: str | None) -> OrdersSettings:
    """Read ORDERS_SETTINGS; the defaults where it is not set.

    Raises:
        TrainingError: naming the key, the value and what is allowed.
    """
    if not text:
        return OrdersSettings()
    try:
        return OrdersSettings.model_validate_json(text)
    except ValidationError as error:
        raise TrainingError(
            f"{VARIABLE}: {refusal(error)}; mend the section orders of the stack file"
        ) from None


def refusal(error: ValidationError) -> str:
    """The first thing that the section is refused for."""
    first = error.errors(include_url=False)[0]
    if first["type"] == "json_invalid":
        return "is no JSON"
    key = ".".join(("orders", *(str(part) for part in first["loc"])))
    if first["type"] == "clash":
        return f"{key}: {first['msg']}"
    return f"{key} is {json.dumps(first['input'], default=str)[:72]}: {first['msg']}"
