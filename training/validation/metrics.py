"""recall@k, NDCG@k, coverage and novelty, with confidence intervals.

recall@k of a customer is hits / min(k, products bought), NDCG@k has binary gains and the discount
1/log2(rank+1) (Järvelin and Kekäläinen, ACM TOIS 20(4), 2002); both are means over customers
with something to find. Novelty is the mean of -log2(share of customers who bought the product) over all that
is recommended, in bits (Vargas and Castells, RecSys 2011).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from training.validation.bootstrap import distinct_interval, interval, ratio_interval

Numbers = npt.NDArray[Any]


@dataclass(frozen=True)
class Scores:
    """Means over customers, with the standard error of the recall; coverage is a share of the products.

    Each ``..._interval`` is a 95 % bootstrap interval over customers; ``novelty`` is in bits, and None like
    its interval where the popularity is not given.
    """

    recall: float
    recall_error: float
    ndcg: float
    coverage: float
    customers: int
    recall_interval: tuple[float, float] = (0.0, 0.0)
    ndcg_interval: tuple[float, float] = (0.0, 0.0)
    novelty: float | None = None
    coverage_interval: tuple[float, float] = (0.0, 0.0)
    novelty_interval: tuple[float, float] | None = None


@dataclass(frozen=True)
class PerCustomer:
    """recall@k and NDCG@k, float64 [customers]; not a number for a customer with nothing to find."""

    recall: Numbers
    ndcg: Numbers


def bought_by_customer(
    purchases: pd.DataFrame, index: Mapping[str, int], customers: Collection[str]
) -> dict[str, set[int]]:
    """The products of ``index`` that each of some customers bought, by number; nobody without any.

    Args:
        purchases: columns customer and stock_code.
        index: product code -> number.
        customers: who counts.
    """
    rows = purchases.assign(product=purchases["stock_code"].map(index)).dropna(subset=["product"])
    rows = rows[rows["customer"].isin(customers)]
    return {str(name): set(map(int, group)) for name, group in rows.groupby("customer")["product"]}


def per_customer(
    recommended: Sequence[Sequence[int]], bought: Sequence[set[int]], k: int = 20
) -> PerCustomer:
    """Score one list of products per customer against what that customer bought."""
    recalls, ndcgs = np.full(len(bought), np.nan), np.full(len(bought), np.nan)
    discounts = 1 / np.log2(np.arange(2, k + 2))
    for row, (line, wanted) in enumerate(zip(recommended, bought, strict=True)):
        if not wanted:
            continue
        most = min(k, len(wanted))
        hits = np.array([product in wanted for product in line[:k]], float)
        recalls[row] = hits.sum() / most
        ndcgs[row] = (hits * discounts[: len(hits)]).sum() / discounts[:most].sum()
    return PerCustomer(recalls, ndcgs)


def score(
    recommended: Sequence[Sequence[int]],
    bought: Sequence[set[int]],
    products: int,
    k: int = 20,
    shares: Numbers | None = None,
) -> Scores:
    """Score one list of products per customer against what that customer bought.

    Customers with nothing to find are left out; with none left, all is 0.

    Args:
        recommended: numbers of products, the best first, by customer.
        bought: what there was to find.
        products: how many there are to recommend.
        k: length of the list that counts.
        shares: float [products], share of the customers who bought the product of number ``position + 1``.
    """
    each = per_customer(recommended, bought, k)
    found = ~np.isnan(each.recall)
    recalls, ndcgs = each.recall[found], each.ndcg[found]
    if not len(recalls):
        return Scores(0.0, 0.0, 0.0, 0.0, 0)
    lists = [line[:k] for line in recommended]
    shown = [product for line in lists for product in line]
    error = float(np.std(recalls, ddof=1) / np.sqrt(len(recalls))) if len(recalls) > 1 else 0.0
    return Scores(
        recall=float(recalls.mean()),
        recall_error=error,
        ndcg=float(ndcgs.mean()),
        coverage=len(set(shown)) / products,
        customers=len(recalls),
        recall_interval=interval(recalls),
        ndcg_interval=interval(ndcgs),
        novelty=None if shares is None or not shown else novelty(shown, shares),
        coverage_interval=_coverage_interval(lists, products),
        novelty_interval=None if shares is None or not shown else _novelty_interval(lists, shares),
    )


def novelty(shown: Sequence[int], shares: Numbers) -> float:
    """Mean -log2 of the share of customers who bought each product shown, in bits; 0 is what all bought."""
    return float(_bits(shown, shares).mean())


def _bits(shown: Sequence[int], shares: Numbers) -> Numbers:
    numbers = np.asarray(shown, np.int64) - 1
    bits: Numbers = -np.log2(np.maximum(shares[numbers], np.finfo(float).tiny))
    return bits


def _coverage_interval(lists: Sequence[Sequence[int]], products: int) -> tuple[float, float]:
    low, high = distinct_interval(lists)
    return (max(low / products, 0.0), min(high / products, 1.0))


def _novelty_interval(lists: Sequence[Sequence[int]], shares: Numbers) -> tuple[float, float]:
    sums = np.array([_bits(line, shares).sum() for line in lists])
    return ratio_interval(sums, np.array([len(line) for line in lists]))
