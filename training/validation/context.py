"""What a question's context adds: part of a held-back basket is shown, and the rest looked for.

Recall@20 of the rest, without the context and with it, over the same baskets: of customers whom the release
knows, and of the same baskets as if nobody knew whose they are. Means over customers of the means of their
baskets; the difference is paired, with a 95 % bootstrap interval over customers.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from training.release import ReleaseContext, Shortlist, read_popular, read_products
from training.release.context_scores import NO_LIST, Brought, ContextScorer, List, candidates, scores
from training.ties import grouped_order
from training.validation.comparison import Interval, difference

K = 20
MOST_SHOWN = 10
SEED = 23
Numbers = npt.NDArray[Any]


@dataclass(frozen=True)
class ContextGain:
    """Recall@20 of the rest of baskets, without and with the part that was shown; both are 0 of no basket."""

    baskets: int
    customers: int
    without: float
    with_context: float
    difference: Interval


@dataclass(frozen=True)
class ContextEvaluation:
    """The same baskets, of known customers and as if of strangers."""

    known: ContextGain
    stranger: ContextGain


def evaluate_context(release: Path, holdout: pd.DataFrame) -> ContextEvaluation | None:
    """None where the release takes no context, or no held-back basket has two of its products.

    Args:
        release: its directory.
        holdout: purchases of days that it has not seen: customer by pseudonym, stock_code, at. What a
            customer buys at one moment is a basket.
    """
    stored, shortlist = ReleaseContext.read(release), Shortlist.read(release)
    if stored is None or shortlist is None or shortlist.scores is None:
        return None
    number = {code.decode(): place for place, code in enumerate(stored.codes.tolist())}
    row = {name.decode(): place for place, name in enumerate(shortlist.customers.tolist())}
    products = [product.product_code for product in read_products(release)]
    popular = [products[index - 1] for index in read_popular(release)]
    best_sellers = np.array([number[code] for code in popular if code in number], np.int64)
    lines = holdout.assign(number=holdout["stock_code"].map(number), row=holdout["customer"].map(row))
    lines = lines.dropna(subset=["number", "row"]).astype({"number": np.int64, "row": np.int64})
    random = np.random.default_rng(SEED)
    found: dict[int, list[tuple[float, ...]]] = {}
    for _, basket in lines.groupby(["row", "at"]):
        bought = np.unique(basket["number"].to_numpy())
        if len(bought) < 2:
            continue
        order = random.permutation(bought)
        shown = int(random.integers(1, min(len(order) - 1, MOST_SHOWN) + 1))
        none = np.empty(0, np.int64)
        customer, weekday = int(basket["row"].iloc[0]), int(basket["at"].iloc[0].weekday())
        brought = Brought.of(order[:shown], none, weekday)
        rest, listed = set(order[shown:].tolist()), _list(shortlist, customer)
        lists = (
            _best(*_left(listed, brought.products)),
            _with(stored.scorer, brought, listed),
            best_sellers[~np.isin(best_sellers, brought.products)],
            _with(stored.scorer, brought, NO_LIST),
        )
        found.setdefault(customer, []).append(tuple(_recall(one, rest) for one in lists))
    if not found:
        return None
    means = np.array([np.mean(baskets, axis=0) for baskets in found.values()])
    number_of_baskets = sum(len(baskets) for baskets in found.values())
    return ContextEvaluation(*(_gain(means[:, at], means[:, at + 1], number_of_baskets) for at in (0, 2)))


def _gain(without: Numbers, with_context: Numbers, baskets: int) -> ContextGain:
    return ContextGain(
        baskets=baskets,
        customers=len(without),
        without=float(without.mean()),
        with_context=float(with_context.mean()),
        difference=difference(with_context, without),
    )


def _list(shortlist: Shortlist, customer: int) -> List:
    part = slice(int(shortlist.start[customer]), int(shortlist.start[customer + 1]))
    assert shortlist.scores is not None  # noqa: S101
    return List(shortlist.product[part], shortlist.scores[part], shortlist.owned[part])


def _left(listed: List, basket: Numbers) -> tuple[Numbers, Numbers]:
    keep = ~np.isin(listed.products, basket)
    return listed.products[keep], listed.scores[keep]


def _with(scorer: ContextScorer, brought: Brought, listed: List) -> Numbers:
    products, values = candidates(scorer, brought, listed)
    return _best(products, scores(scorer, values, known=len(listed.products) > 0))


def _best(products: Numbers, scored: Numbers) -> Numbers:
    order = grouped_order(scored, products, np.zeros(len(products), np.int8))
    return products[order][:K]


def _recall(recommended: Numbers, rest: set[int]) -> float:
    return len(rest & set(recommended[:K].tolist())) / min(K, len(rest))
