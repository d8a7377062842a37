"""The section ``orders``: how the shop writes its log, and how much of it may be left out."""

from __future__ import annotations

from typing import Any

from isthmus.settings.validation import validate_json
from training.orders.format import OrdersFormat
from training.orders.limits import Limits

SECTION = "orders"
VARIABLE = "ORDERS_SETTINGS"
"""The variable in which the jobs of the private site get the section, as JSON."""
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

    def variable(self, *left_out: str) -> str:
        """The value of ORDERS_SETTINGS: what is not as by default, without the fields ``left_out``.

        So a field that is newer than an estate which stands makes none of its jobs again.
        """
        return self.model_dump_json(exclude=set(left_out), exclude_defaults=True)


def parse(text: str | None) -> OrdersSettings:
    """Read ORDERS_SETTINGS; the defaults where it is not set.

    Raises:
        SettingsError: naming each key, its value and what is allowed.
    """
    return validate_json(OrdersSettings, text, VARIABLE, SECTION) if text else OrdersSettings()
