"""The best products for every customer, all of them and only new ones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from training.ranking.features import Features, Fitted
from training.ranking.past import Floats
from training.ranking.train import Ranking

CUSTOMERS_AT_ONCE = 500
"""A chunk of 500 needs about 400 MiB of scores and features on 3,500 products."""
COLUMNS = ("customer", "rank", "product", "score")


@dataclass(frozen=True)
class Recommendations:
    """Lists of every customer; columns customer, rank (1 is best), product, score."""

    every: pd.DataFrame
    new: pd.DataFrame


def recommend(
    fitted: Fitted, ranking: Ranking, top: int, say: Callable[[str], None] = lambda _: None
) -> Recommendations:
    """Up to ``top`` products for each customer of the past."""
    number = fitted.past.shape[0]
    every, new = [], []
    for start in range(0, number, CUSTOMERS_AT_ONCE):
        chunk = np.arange(start, min(start + CUSTOMERS_AT_ONCE, number), dtype=np.int64)
        features = fitted.features(chunk)
        scores = ranking.score(features.values, features.names)
        every.append(_best(fitted, features, scores, np.ones(len(scores), np.bool_), top))
        new.append(_best(fitted, features, scores, ~features.owned, top))
        say(f"recommended for {chunk[-1] + 1:,} of {number:,} customers")
    return Recommendations(pd.concat(every, ignore_index=True), pd.concat(new, ignore_index=True))


def _best(
    fitted: Fitted, features: Features, scores: Floats, allowed: NDArray[np.bool_], top: int
) -> pd.DataFrame:
    customer, product, score = features.customer[allowed], features.product[allowed], scores[allowed]
    # Ties in the order of stock codes, so that a list does not depend on the order of the candidates.
    order = np.lexsort((product, -score, customer))
    customer, product, score = customer[order], product[order], score[order]
    rank = np.arange(len(customer)) - np.searchsorted(customer, customer)
    kept = rank < top
    known = fitted.past.orders
    columns = (known.customers[customer[kept]], rank[kept] + 1, known.products[product[kept]], score[kept])
    return pd.DataFrame(dict(zip(COLUMNS, columns, strict=True)))
