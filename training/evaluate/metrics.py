"""recall@k, NDCG@k, coverage and novelty, with confidence intervals.

recall@k of a customer is hits / min(k, products bought), NDCG@k has binary gains and the discount
1/log2(rank+1) (Järvelin and Kekäläinen, ACM TOIS 20(4), 2002); both are means over customers
with something to find. Novelty is the mean of -log2(share of customers who bought the product) over all that
is recommended, in bits (Vargas and Castells, RecSys 2011).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from training.evaluate.bootstrap import interval

Numbers = npt.NDArray[Any]


@dataclass(frozen=True)
class Scores:
    """Means over customers, with the standard error of the recall; coverage is a share of the products.

    ``recall_interval`` and ``ndcg_interval`` are 95 % bootstrap intervals; ``novelty`` is in bits and None
    where the popularity is not given.
    """

    recall: float
    recall_error: float
    ndcg: float
    coverage: float
    customers: int
    recall_interval: tuple[float, float] = (0.0, 0.0)
    ndcg_interval: tuple[float, float] = (0.0, 0.0)
    novelty: float | None = None


@dataclass(frozen=True)
class PerCustomer:
    """recall@k and NDCG@k, float64 [customers]; not a number for a customer with nothing to find."""

    recall: Numbers
    ndcg: Numbers


def per_customer(
    recommended: Sequence[Sequence[int]], bought: Sequence[set[int]], k: int = 20
) -> PerCustomer:
    """Score one list of products per customer against what that customer bought."""
    recalls, ndcgs = np.full(len(bought), np.nan), np.full(len(bought), np.nan)
    discounts = 1 / np.log2(np.arange(2, k + 2))
    for row, (given, wanted) in enumerate(zip(recommended, bought, strict=True)):
        if not wanted:
            continue
        most = min(k, len(wanted))
        hits = np.array([item in wanted for item in given[:k]], float)
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
    shown = [item for given in recommended for item in given[:k]]
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
    )


def novelty(shown: Sequence[int], shares: Numbers) -> float:
    """Mean -log2 of the share of customers who bought each product shown, in bits; 0 is what all bought."""
    given = np.maximum(shares[np.asarray(shown) - 1], np.finfo(float).tiny)
    return float(-np.log2(given).mean())
