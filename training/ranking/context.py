"""The scorer of a question's context, fitted to baskets of which a part is shown.

The baskets are those of the last ``label_days`` before the release's day; similarities and lists are of the
day before these, as at service the release knows nothing of the basket that comes. Of each basket some
products are shown, drawn by a fixed seed, and the rest is what the scorer must find. Baskets without a
customer, and those of customers as if they were unknown, teach what a stranger's basket says.

The ranker that scores the lists has learned from these days too, so its probabilities are better here than
later: the scorer trusts them a little more than it should.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from training.ranking.history_snapshot import HistorySnapshot
from training.ranking.orders import Orders
from training.ranking.recommend import Listed, recommend
from training.ranking.train import Ranking
from training.release.context import ReleaseContext
from training.release.context_scores import (
    FEATURES,
    NO_LIST,
    Brought,
    ContextScorer,
    List,
    candidates,
)
from training.scorers import Floats
from training.scorers.limits import blocks
from training.scorers.neighbours import cosine

logger = logging.getLogger(__name__)

NEIGHBOURS = 100
"""Kept of each product."""
DAMPING = 0.1
RECENT_DAYS = 30
DECAY_DAYS = 240
SHRINK = 2.0
"""Baskets that are added to a product's, so that two of three do not count as much as twenty of thirty."""
WEEKDAY_PRIOR = 20.0
"""Purchases of a product, spread over the weekdays as all purchases are, that are added to its own."""
MOST_SHOWN = 10
MOST_BASKETS = 2000
"""Of each kind; more change no coefficient in its second digit."""
SEED = 11


@dataclass(frozen=True)
class Basket:
    """Products of one basket, by number; ``customer`` is a number, -1 for none; ``weekday`` 0 is Monday."""

    customer: int
    products: NDArray[np.int64]
    weekday: int


def fit_context(orders: Orders, before: int, ranking: Ranking, top: int) -> ReleaseContext:
    """Fit to the orders before ``before``.

    Args:
        orders: may reach beyond ``before``; later ones are not used.
        before: ordinal of the first day that is not used.
        ranking: scores the lists.
        top: length of the lists.
    """
    orders = orders.before(before)
    day = before - ranking.settings.label_days - 1
    builder = ranking.builder(orders, day)
    baskets = list(_sample(baskets_of(orders, builder.snapshot, day, before)))
    customers = np.unique([basket.customer for basket in baskets])
    customers = customers[customers >= 0].astype(np.int64)
    earlier = unfitted(builder.snapshot)
    now = unfitted(HistorySnapshot(orders, before))
    known = stranger = np.zeros(len(FEATURES) + 1)
    if len(customers):
        lists = dict(lists_of(recommend(builder, ranking, top, customers)))
        named = [basket for basket in baskets if basket.customer >= 0]
        known = _regression(_examples(earlier.scorer, named, lists))
    if baskets:
        stranger = _regression(_examples(earlier.scorer, baskets, {}))
    logger.info(
        f"context: {len(baskets)} baskets of {date.fromordinal(day)} to {date.fromordinal(before - 1)}, "
        f"{len(now.scorer.neighbour):,} neighbours of {len(now.codes):,} products"
    )
    return replace(now, scorer=replace(now.scorer, known=known, stranger=stranger))


def unfitted(snapshot: HistorySnapshot) -> ReleaseContext:
    """Similarities and popularity as of a day, without coefficients."""
    near = cosine(snapshot.weighed_baskets, DAMPING, NEIGHBOURS)
    confidence = _confidence(snapshot, near)
    matrix, day = snapshot.all_baskets
    weekday = sp.csr_matrix((np.ones(len(day)), ((day - 1) % 7, np.arange(len(day)))), shape=(7, len(day)))
    bought = (weekday @ matrix).toarray()
    recent = np.asarray(matrix[day >= snapshot.day - RECENT_DAYS].sum(0)).ravel()
    usual = bought.sum(1, keepdims=True) / max(bought.sum(), 1)
    expected = usual * bought.sum(0)
    lift = (bought + WEEKDAY_PRIOR * usual) / (expected + WEEKDAY_PRIOR * usual + 1e-9)
    scorer = ContextScorer(
        start=near.indptr.astype(np.int64),
        neighbour=near.indices.astype(np.int32),
        cosine=near.data.astype(np.float32),
        confidence=confidence,
        popularity=np.log1p(recent).astype(np.float32),
        weekday=np.log(np.where(usual > 0, lift, 1)).astype(np.float32),
        known=np.zeros(len(FEATURES) + 1),
        stranger=np.zeros(len(FEATURES) + 1),
    )
    return ReleaseContext(snapshot.orders.products.astype(bytes), scorer)


def _confidence(snapshot: HistorySnapshot, near: Any) -> Floats:
    """Share of each product's baskets, recent ones counting more, that hold each of its neighbours."""
    matrix, day = snapshot.all_baskets
    weight = np.sqrt(np.exp(-(snapshot.day - day) / DECAY_DAYS))
    baskets = sp.diags(weight).tocsr() @ matrix
    columns = sp.csr_matrix(baskets.T)
    size = np.asarray(baskets.multiply(baskets).sum(0)).ravel() + SHRINK
    share = np.empty(len(near.indices), np.float32)
    for part in blocks(near.shape[0], 16 * near.shape[0]):
        together = (columns[part] @ baskets).tocsr()
        row = np.repeat(np.arange(part.stop - part.start), np.diff(near.indptr[part.start : part.stop + 1]))
        entries = slice(near.indptr[part.start], near.indptr[part.stop])
        counts = np.asarray(together[row, near.indices[entries]]).ravel()
        share[entries] = counts / size[part][row]
    return share


def baskets_of(orders: Orders, snapshot: HistorySnapshot, start: int, end: int) -> Iterator[Basket]:
    """Baskets from ``start`` to before ``end`` with two products or more that the snapshot knows."""
    lines = orders.lines.filter(lambda table: (table.day >= start) & (table.day < end) & ~table.cancelled)
    rows = orders.engine.frame(lines.select("basket", "product", "customer", "day").distinct())
    number = snapshot.orders.product_numbers[rows["product"].to_numpy()]
    keep = number >= 0
    number, basket, day = number[keep], rows["basket"].to_numpy()[keep], rows["day"].to_numpy()[keep]
    customer = snapshot.orders.customer_numbers[rows["customer"].to_numpy()[keep]]
    order = np.lexsort((number, day, customer, basket))
    for part in np.split(order, np.flatnonzero(np.diff(basket[order])) + 1):
        products = np.unique(number[part])
        if len(products) > 1:
            yield Basket(int(customer[part[0]]), products, int(day[part[0]] - 1) % 7)


def shown_part(basket: Basket, random: np.random.Generator) -> tuple[Brought, NDArray[np.int64]]:
    """Some products of a basket, drawn, and the rest."""
    shown = int(random.integers(1, min(len(basket.products) - 1, MOST_SHOWN) + 1))
    order = random.permutation(basket.products)
    none = np.empty(0, np.int64)
    return Brought.of(order[:shown], none, basket.weekday), np.sort(order[shown:])


def lists_of(blocks_of_customers: Iterable[Listed]) -> Iterator[tuple[int, List]]:
    """The list of each customer, by number."""
    for listed in blocks_of_customers:
        names, starts = np.unique(listed.customer, return_index=True)
        for name, start, end in zip(names, starts, [*starts[1:], len(listed.customer)], strict=True):
            part = slice(int(start), int(end))
            yield int(name), List(listed.product[part], listed.scores[part], listed.owned[part])


def _sample(baskets: Iterator[Basket]) -> list[Basket]:
    found = list(baskets)
    chosen = np.random.default_rng(SEED).permutation(len(found))[:MOST_BASKETS]
    return [found[place] for place in np.sort(chosen)]


def _examples(
    scorer: ContextScorer, baskets: Sequence[Basket], lists: Mapping[int, List]
) -> tuple[Floats, NDArray[np.bool_]]:
    """Candidates of all baskets, and whether each is in the rest."""
    random = np.random.default_rng(SEED)
    values, labels = [np.empty((0, len(FEATURES)), np.float32)], [np.empty(0, np.bool_)]
    for basket in baskets:
        brought, rest = shown_part(basket, random)
        products, known = candidates(scorer, brought, lists.get(basket.customer, NO_LIST))
        values.append(known)
        labels.append(np.isin(products, rest))
    return np.concatenate(values), np.concatenate(labels)


def _regression(examples: tuple[Floats, NDArray[np.bool_]]) -> NDArray[np.float64]:
    """Coefficients and the intercept; none are learned where nothing, or all, was found."""
    from sklearn.linear_model import LogisticRegression

    values, labels = examples
    if not labels.any() or labels.all():
        return np.zeros(len(FEATURES) + 1)
    spread = np.maximum(values.std(0), 1e-6)
    fitted = LogisticRegression(C=1.0, max_iter=500).fit(values / spread, labels)
    return np.append(fitted.coef_[0] / spread, fitted.intercept_[0]).astype(np.float64)
