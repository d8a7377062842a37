"""What a trial is judged by: recall@20 on the days held back from it, by the model after an epoch."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from training.errors import TrainingError
from training.features.training_data import TrainingData
from training.ties import best_columns
from training.validation.metrics import bought_by_customer, score

K = 20
AT_A_TIME = 256


class HeldBackRecall:
    """recall@20 over the customers who were seen before, among the products that were (all products).

    Args:
        data: what the trial learns from.
        holdout: purchases of later days (columns of ``training.transfer.batch.SCHEMA``).

    Raises:
        TrainingError: when no known customer buys a known product on those days.
    """

    def __init__(self, data: TrainingData, holdout: pd.DataFrame) -> None:
        asked = set(holdout["customer"].unique())
        known = {name: purchases for name, purchases in data.customers() if name in asked}
        bought = bought_by_customer(holdout, data.catalogue.index, known)
        if not bought:
            raise TrainingError(
                "nobody who was seen before buys on the days held back for tuning; hold back more days"
            )
        self.customers = len(bought)
        self._products = len(data.catalogue)
        self._bought = [bought[name] for name in sorted(bought)]
        features = [data.customer_features(known[name]) for name in sorted(bought)]
        self._inputs = {
            "history": np.stack([customer.history for customer in features]),
            "weights": np.stack([customer.weights for customer in features]),
            "user": np.stack([customer.user for customer in features]),
        }

    def __call__(self, model: Any) -> float:
        """Score the model."""
        lists: list[list[int]] = []
        for start in range(0, self.customers, AT_A_TIME):
            batch = {name: array[start : start + AT_A_TIME] for name, array in self._inputs.items()}
            scores = np.array(model(batch, training=False))
            scores[:, 0] = -np.inf  # padding is no product
            lists += best_columns(scores, K).tolist()
        return score(lists, self._bought, self._products, K).recall
