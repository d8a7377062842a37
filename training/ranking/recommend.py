"""The best products for every customer, all and only new ones, and the shortlist that they come from."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from isthmus.progress import Progress
from training.ranking.features import FeatureBuilder, Features
from training.ranking.joining import ahead, joined
from training.ranking.train import Ranking
from training.release.ranked import COLUMNS
from training.release.shortlist import Shortlist
from training.scorers import Floats, Rows
from training.ties import grouped_order

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Recommendations:
    """Lists of every customer; columns customer, rank (1 is best), product, score.

    ``shortlist`` holds the products of both lists with their scores and the features they were scored by.
    """

    all_products: pd.DataFrame
    new_products: pd.DataFrame
    shortlist: Shortlist


def recommend(
    builder: FeatureBuilder, ranking: Ranking, top: int, customers: Rows | None = None
) -> Recommendations:
    """Up to ``top`` products for each customer who bought before the day.

    ``customers`` are numbers of some of them, increasing; the others then have no lists.
    """
    number = builder.snapshot.shape[0]
    asked = np.arange(number, dtype=np.int64) if customers is None else customers
    all_products, new_products = [], []
    shortlisted: tuple[list[NDArray[Any]], ...] = ([], [], [], [], [])
    for features in ahead(builder.blocks(asked)):
        # Half precision here too, so that the lists are those that serving gives.
        values = ranking.normalised(features.values, features.names).astype(np.float16)
        scores = ranking.score(values.astype(np.float32))
        chosen = _best(features, scores, np.ones(len(scores), np.bool_), top)
        chosen_new = _best(features, scores, ~features.owned, top)
        all_products.append(_as_table(builder, features, scores, *chosen))
        new_products.append(_as_table(builder, features, scores, *chosen_new))
        rows = np.union1d(chosen[0], chosen_new[0])
        columns: tuple[NDArray[Any], ...] = (
            features.customer,
            features.product.astype(np.int32),
            features.owned,
            values,
            scores.astype(np.float32),
        )
        for parts, column in zip(shortlisted, columns, strict=True):
            parts.append(column[rows])
        done = int(features.customer[-1]) + 1
        logger.info(Progress("lists", done, number, f"recommended for {done:,} of {number:,} customers"))
    customer, product, owned, features_of, scores_of = (joined(parts) for parts in shortlisted)
    return Recommendations(
        pd.concat(all_products, ignore_index=True),
        pd.concat(new_products, ignore_index=True),
        Shortlist(
            customers=builder.snapshot.orders.customers.astype(bytes),
            start=np.searchsorted(customer, np.arange(number + 1)).astype(np.int64),
            codes=builder.snapshot.orders.products.astype(bytes),
            product=product,
            owned=owned,
            features=features_of,
            scores=scores_of,
        ),
    )


def _best(
    features: Features, scores: Floats, allowed: NDArray[np.bool_], top: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows of the ``top`` products of each customer, the best first, and their ranks from 1."""
    rows = np.flatnonzero(allowed)
    rows = rows[grouped_order(scores[rows], features.product[rows], features.customer[rows])]
    customer = features.customer[rows]
    rank = np.arange(len(rows)) - np.searchsorted(customer, customer) + 1
    return rows[rank <= top], rank[rank <= top]


def _as_table(
    builder: FeatureBuilder,
    features: Features,
    scores: Floats,
    rows: NDArray[np.int64],
    rank: NDArray[np.int64],
) -> pd.DataFrame:
    orders = builder.snapshot.orders
    columns = (
        orders.customers[features.customer[rows]],
        rank,
        orders.products[features.product[rows]],
        scores[rows],
    )
    return pd.DataFrame(dict(zip(COLUMNS, columns, strict=True)))
