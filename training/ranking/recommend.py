"""The best products for every customer, all and only new ones: a block of customers at a time, so that memory
does not tell how many there are."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from isthmus.progress import Progress
from training.ranking.features import FeatureBuilder, Features
from training.ranking.joining import ahead
from training.ranking.orders import Orders
from training.ranking.train import Ranking
from training.release.ranked import COLUMNS, RankedWriter
from training.release.shortlist import ShortlistWriter
from training.scorers import Floats, Rows
from training.ties import grouped_order

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Listed:
    """The products of both lists of some customers, ordered by customer and product.

    Attributes:
        customer: its place in the orders' customers.
        product: its place in the orders' products.
        owned: whether the customer bought it before.
        features: float16 [rows, features], normalised.
        scores: float32 [rows].
        ranks: int32 [2, rows], in the list of all products and in that of new ones; 1 is best, 0 is none.
    """

    customer: Rows
    product: Rows
    owned: NDArray[np.bool_]
    features: NDArray[np.float16]
    scores: Floats
    ranks: NDArray[np.int32]

    def table(self, orders: Orders, only_new: bool) -> pd.DataFrame:
        """One of the lists, with the columns of ``training.release.ranked``."""
        rows = np.flatnonzero(self.ranks[int(only_new)])
        rank = self.ranks[int(only_new), rows]
        order = np.lexsort((rank, self.customer[rows]))
        rows, rank = rows[order], rank[order]
        named = orders.customers[self.customer[rows]], rank, orders.products[self.product[rows]]
        return pd.DataFrame(dict(zip(COLUMNS, (*named, self.scores[rows]), strict=True)))

    def write(self, shortlist: ShortlistWriter, ranked: RankedWriter) -> None:
        """Add them to the tables of a release: of each customer all products, then the new ones."""
        shortlist.add(
            self.customer,
            product=self.product,
            owned=self.owned,
            features=self.features,
            scores=self.scores,
        )
        only_new, rows = np.nonzero(self.ranks)
        rank = self.ranks[only_new, rows]
        order = np.lexsort((rank, only_new, self.customer[rows]))
        rows, rank = rows[order], rank[order]
        named = self.customer[rows], rank, self.product[rows]
        ranked.add(*named, self.scores[rows], only_new[order].astype(np.bool_))


def recommend(
    builder: FeatureBuilder, ranking: Ranking, top: int, customers: Rows | None = None
) -> Iterator[Listed]:
    """Up to ``top`` products of either list for each customer who bought before the day.

    ``customers`` are numbers of some of them, increasing; the others then have no lists.
    """
    number = builder.snapshot.shape[0]
    asked = np.arange(number, dtype=np.int64) if customers is None else customers
    for features in ahead(builder.blocks(asked)):
        # Half precision here too, so that the lists are those that serving gives.
        values = ranking.normalised(features.values, features.names).astype(np.float16)
        scores = ranking.score(values.astype(np.float32)).astype(np.float32)
        ranks = np.stack([_ranks(features, scores, among, top) for among in (None, ~features.owned)])
        rows = np.flatnonzero(ranks.any(0))
        named = features.customer[rows], features.product[rows], features.owned[rows]
        yield Listed(*named, values[rows], scores[rows], ranks[:, rows])
        done = int(features.customer[-1]) + 1
        logger.info(Progress("lists", done, number, f"recommended for {done:,} of {number:,} customers"))


def _ranks(
    features: Features, scores: Floats, among: NDArray[np.bool_] | None, top: int
) -> NDArray[np.int32]:
    """From 1 to ``top`` for the best products of each customer ``among`` some; 0 for all others."""
    rows = np.arange(len(scores)) if among is None else np.flatnonzero(among)
    rows = rows[grouped_order(scores[rows], features.product[rows], features.customer[rows])]
    customer = features.customer[rows]
    rank = np.arange(len(rows)) - np.searchsorted(customer, customer) + 1
    ranks = np.zeros(len(scores), np.int32)
    ranks[rows] = np.where(rank <= top, rank, 0)
    return ranks
