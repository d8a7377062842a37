"""recall, NDCG and gates on lists small enough to score by hand."""

from __future__ import annotations

import numpy as np
import pytest

from training.evaluate.gates import judge
from training.evaluate.held_back import ALL, MODEL, POPULAR
from training.evaluate.metrics import Scores, score
from training.settings import Gates


def test_scores_by_hand() -> None:
    scores = score([[1, 2, 3], [4, 5, 6], [7, 8, 9]], [{2}, {4, 6, 1}, set()], products=18, k=3)
    assert scores.customers == 2
    assert scores.recall == pytest.approx((1 + 2 / 3) / 2)
    gains = 1 / np.log2([2, 3, 4])
    assert scores.ndcg == pytest.approx((gains[1] / gains[0] + (gains[0] + gains[2]) / gains.sum()) / 2)
    assert scores.coverage == pytest.approx(9 / 18)


def _table(model: float, popular: float, customers: int = 100, coverage: float = 0.2) -> dict:
    def one(recall: float) -> dict[str, Scores]:
        return {ALL: Scores(recall, 0.01, recall, coverage, customers)}

    return {MODEL: one(model), POPULAR: one(popular)}


def test_gates_name_what_was_missed() -> None:
    gates = Gates(min_recall_ratio_to_popularity=1.2)
    assert judge(_table(0.2, 0.1), gates) == []
    assert "asks for 0.240" in judge(_table(0.2, 0.2), gates)[0]
    assert "only 3 held-back customers" in judge(_table(0.2, 0.1, customers=3), gates)[0]
    assert "coverage is 0.1%" in judge(_table(0.2, 0.1, coverage=0.001), gates)[0]
