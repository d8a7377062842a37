"""What a trial is judged by: recall@20 on the days held back from it, by the model after an epoch."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from training.errors import TrainingError
from training.features.training_data import TrainingData
from training.ties import best_columns
from training.validation.metrics import score

K = 20
AT_A_TIME = 256


class HeldBackRecall:
    """recall@20 over the customers who were seen before, among the products that were (all products).

    Args:
        learning: what the trial learns from.
        held_back: purchases of later days (columns of ``training.transfer.batch.SCHEMA``).

    Raises:
        TrainingError: when no known customer buys a known product on those days.
    """

    def __init__(self, learning: TrainingData, held_back: pd.DataFrame) -> None:
        index = learning.catalogue.index
        rows = held_back.assign(item=held_back["stock_code"].map(index)).dropna(subset=["item"])
        rows = rows[rows["customer"].isin(learning.baskets.by_customer)]
        bought = {str(name): set(map(int, group)) for name, group in rows.groupby("customer")["item"]}
        if not bought:
            raise TrainingError(
                "nobody who was seen before buys on the days held back for tuning; hold back more days"
            )
        self.customers = len(bought)
        self._products = len(learning.catalogue)
        self._bought = [bought[name] for name in sorted(bought)]
        known = [learning.known_of(name) for name in sorted(bought)]
        self._inputs = {
            "history": np.stack([one.history for one in known]),
            "weights": np.stack([one.weights for one in known]),
            "user": np.stack([one.user for one in known]),
        }

    def __call__(self, model: Any) -> float:
        """Score the model."""
        lists: list[list[int]] = []
        for start in range(0, self.customers, AT_A_TIME):
            some = {name: array[start : start + AT_A_TIME] for name, array in self._inputs.items()}
            scores = np.array(model(some, training=False))
            scores[:, 0] = -np.inf  # padding is no product
            lists += best_columns(scores, K).tolist()
        return score(lists, self._bought, self._products, K).recall
