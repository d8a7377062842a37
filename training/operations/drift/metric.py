"""Drift of the metric: recall@20 on the newest days, against what the validation found."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from training.operations.drift.inputs import CONFIDENCE, Drift
from training.release import Customers, read_products
from training.validation.holdout import ALL, MODEL, K
from training.validation.metrics import Scores, bought_by_customer, score
from training.validation.ranked_lists import lists_of


def recall_on(release: Path, purchases: pd.DataFrame) -> Scores | None:
    """Scores of a release on later purchases (customer by pseudonym, stock_code).

    Only customers and products that it knows count; None where none of them bought anything.
    """
    index = {product.product_code: product.index for product in read_products(release)}
    bought = bought_by_customer(purchases, index, set(Customers.read(release)))
    if not bought:
        return None
    names = sorted(bought)
    lists = lists_of(release, names, index, [set() for _ in names])
    return score(lists.all_products, [bought[name] for name in names], len(index), K)


def recall_drift(validation: Mapping[str, Any] | None, now: Scores | None, threshold: float) -> Drift | None:
    """The share of the validated recall that is lost. None where there is nothing to compare."""
    from scipy.stats import norm

    then = (validation or {}).get("scores", {}).get(MODEL, {}).get(ALL)
    if then is None or now is None or not then["recall"]:
        return None
    spread = float(np.hypot(then["recall_error"], now.recall_error))
    value = 1 - now.recall / then["recall"]
    # One side only: a recall that grew is no reason to train.
    chance = float(norm.ppf(CONFIDENCE) * spread / then["recall"])
    return Drift(
        f"recall@{K} ({now.customers} customers)",
        f"{then['recall']:.3f}",
        f"{now.recall:.3f}",
        value,
        chance,
        threshold,
        value > threshold and value > chance,
    )
