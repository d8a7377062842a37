"""Item-to-item similarities: cosine of histories and of baskets, BM25."""

from __future__ import annotations

import numpy as np

from training.ranking import algebra
from training.ranking.history_snapshot import Floats, HistorySnapshot
from training.ranking.scores import LinearScore, Score

K1, B, BM25_NEIGHBOURS = 1.2, 0.75, 100
RECENT_DAYS = 60


def fit(snapshot: HistorySnapshot) -> dict[str, Score]:
    baskets = algebra.cosine(snapshot.weighed_baskets, 0.1)
    histories = algebra.cosine(snapshot.history, 2)
    recent = algebra.cosine(snapshot.matrix(snapshot.since(RECENT_DAYS)), 2)
    return {
        "cosine_baskets": LinearScore(snapshot.history, baskets),
        "cosine_baskets_last": LinearScore(snapshot.last_basket_scaled, baskets),
        "cosine_decayed": LinearScore(snapshot.history, histories),
        "cosine_last_basket": LinearScore(snapshot.last_basket_scaled, histories),
        "cosine_recent": LinearScore(snapshot.history, recent),
        "bm25": _bm25(snapshot),
    }


def _bm25(snapshot: HistorySnapshot) -> LinearScore:
    """Rows weighed as documents by BM25, then their inner products, the 100 largest of each product."""
    rows = snapshot.bought.copy()
    length = np.asarray(snapshot.bought.sum(1)).ravel()
    relative = np.repeat(length, np.diff(rows.indptr)) / length.mean()
    damped = rows.data * (K1 + 1) / (rows.data + K1 * (1 - B + B * relative))
    rows.data = (damped * snapshot.rarity[rows.indices]).astype(np.float32)
    gram: Floats = algebra.without_diagonal((rows.T @ rows).toarray())
    return LinearScore(rows, algebra.keep_largest(gram, BM25_NEIGHBOURS))
