"""The decision to train anew, with its reasons as a table."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pandas as pd

from training.operations.drift.inputs import (
    Drift,
    basket_drift,
    new_customer_drift,
    price_drift,
    product_drift,
)
from training.operations.drift.metric import recall_drift, recall_on
from training.operations.drift.settings import DriftSettings
from training.orders.judging import UNCHANGED
from training.orders.reading import clean_days
from training.orders.source import OrderSource
from training.release import Manifest, read
from training.transfer.pseudonym import Pseudonyms
from training.validation.text import table

logger = logging.getLogger(__name__)

COLUMNS = ("", "then", "now", "drift", "by chance", "may be", "")


@dataclass(frozen=True)
class Decision:
    """Whether to train, and why.

    Attributes:
        train: whether to train.
        why: the reason, in one sentence.
        release: digest of the release in service; None without one.
        age_days: days of orders since the last that the release was trained or validated on.
        drifts: all measures that were looked at.
    """

    train: bool
    why: str
    release: str | None = None
    age_days: int = 0
    drifts: tuple[Drift, ...] = ()

    def rows(self) -> list[tuple[str, ...]]:
        """The table, as text: one row for each thing that was looked at; its columns are COLUMNS."""
        return [
            (
                drift.what,
                drift.then,
                drift.now,
                f"{drift.value:.3f}",
                f"{drift.chance:.3f}",
                f"{drift.threshold:.3f}",
                "crossed" if drift.crossed else "",
            )
            for drift in self.drifts
        ]

    def lines(self) -> list[str]:
        """Table and sentence, for a log."""
        lines = table(COLUMNS, self.rows(), left=len(COLUMNS)) if self.drifts else []
        return [*lines, f"{'train' if self.train else 'do not train'}: {self.why}"]

    def as_plain(self) -> dict[str, Any]:
        """As JSON values."""
        return asdict(self)


FIRST = Decision(True, "no release is in service")


def decide(
    release: Path,
    source: OrderSource,
    pseudonyms: Pseudonyms,
    validation: Mapping[str, Any] | None,
    settings: DriftSettings,
) -> Decision:
    """Hold the newest orders against what a release was made from.

    Args:
        release: the release in service.
        source: raw orders, the release's window among them.
        pseudonyms: with the key that the release was made with.
        validation: its scores on held-back orders; None where there are none.
        settings: the thresholds.
    """
    manifest = read(release)
    last, days = manifest.window.last_day, source.days()
    held_back = int(manifest.settings.get("hold_back_days", 0))
    age = max(0, (days[-1] - last).days - held_back)
    digest = manifest.digest()
    if days[-1] <= last:
        return Decision(False, f"there are no orders after {last}, the release's last day", digest, age)
    first_new = max(last, days[-1] - timedelta(days=settings.newest_days)) + timedelta(days=1)
    logger.info(
        f"orders of {first_new} to {days[-1]}, against those of {manifest.window.first_day} to {last}"
    )
    current = _read(source, first_new, days[-1])
    if current is None:
        return Decision(
            False, f"no purchase is left of the orders after {last}, the release's last day", digest, age
        )
    orders = current["basket"].nunique()
    if orders < settings.least_orders:
        drifts: tuple[Drift, ...] = ()
        reason = f"{orders} orders since {first_new} are too few to tell"
    else:
        drifts = _drifts(release, manifest, source, current, pseudonyms, validation, settings, first_new)
        crossed = [drift.what for drift in drifts if drift.crossed]
        if crossed:
            return Decision(True, f"drift of {', '.join(crossed)}", digest, age, drifts)
        reason = "no drift beyond its threshold"
    if age >= settings.max_age_days:
        most = f"training.retrain.max_age_days is {settings.max_age_days}"
        why = f"{reason}, but {age} days of orders are unseen ({most})"
        return Decision(True, why, digest, age, drifts)
    return Decision(False, f"{reason}; {age} days of orders are unseen", digest, age, drifts)


def _drifts(
    release: Path,
    manifest: Manifest,
    source: OrderSource,
    current: pd.DataFrame,
    pseudonyms: Pseudonyms,
    validation: Mapping[str, Any] | None,
    settings: DriftSettings,
    first_new: date,
) -> tuple[Drift, ...]:
    window = manifest.window
    reference = _read(source, window.first_day, window.last_day)
    if reference is None:
        return ()
    gap = _read(source, window.last_day + timedelta(days=1), first_new - timedelta(days=1))
    drifts = [
        product_drift(reference, current, settings.max_product_drift),
        basket_drift(reference, current, settings.max_basket_drift),
        price_drift(reference, current, settings.max_price_drift, source.settings.currency),
        new_customer_drift(
            reference, current, reference[:0] if gap is None else gap, settings.max_new_customer_change
        ),
    ]
    # As many days as it was validated on: over more of them customers buy more products.
    last = current["at"].max().normalize()
    span = int(manifest.settings.get("hold_back_days", 0)) or settings.newest_days
    scored = current[current["at"] > last - pd.Timedelta(days=span - 1)]
    names = {name: pseudonyms.customer(name) for name in scored["customer"].unique()}
    recall = recall_on(release, scored.assign(customer=scored["customer"].map(names)))
    recall_loss = recall_drift(validation, recall, settings.max_recall_loss)
    return tuple(drifts) if recall_loss is None else (*drifts, recall_loss)


def _read(source: OrderSource, first: date, last: date) -> pd.DataFrame | None:
    """Cleaned purchases of some days: basket, customer, stock_code, quantity, price, at."""
    days = [day for day in source.days() if first <= day <= last]
    frames = [cleaned.purchases for cleaned in clean_days(source, days, UNCHANGED)]
    rows = pd.concat(frames, ignore_index=True) if frames else None
    return None if rows is None or rows.empty else rows.rename(columns={"invoice": "basket"})
