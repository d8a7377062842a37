"""recall@k, NDCG@k and coverage.

recall@k of a customer is hits / min(k, products bought), NDCG@k has binary gains and the discount
1/log2(rank+1) (Järvelin and Kekäläinen, ACM TOIS 20(4), 2002); both are means over customers
with something to find.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Scores:
    """Means over customers, with the standard error of the recall; coverage is a share of the products."""

    recall: float
    recall_error: float
    ndcg: float
    coverage: float
    customers: int


def score(
    recommended: Sequence[Sequence[int]], bought: Sequence[set[int]], products: int, k: int = 20
) -> Scores:
    """Score one list of products per customer against what that customer bought.

    Customers with nothing to find are left out; with none left, all is 0.
    """
    recalls, ndcgs, shown = [], [], set[int]()
    for given, wanted in zip(recommended, bought, strict=True):
        top = list(given[:k])
        shown.update(top)
        if not wanted:
            continue
        most = min(k, len(wanted))
        hits = np.array([item in wanted for item in top], float)
        recalls.append(hits.sum() / most)
        discounts = 1 / np.log2(np.arange(2, k + 2))
        ndcgs.append((hits * discounts[: len(hits)]).sum() / discounts[:most].sum())
    if not recalls:
        return Scores(0.0, 0.0, 0.0, 0.0, 0)
    error = float(np.std(recalls, ddof=1) / np.sqrt(len(recalls))) if len(recalls) > 1 else 0.0
    return Scores(
        recall=float(np.mean(recalls)),
        recall_error=error,
        ndcg=float(np.mean(ndcgs)),
        coverage=len(shown) / products,
        customers=len(recalls),
    )
