"""Gates name what was missed."""

from __future__ import annotations

from training.evaluate.gates import judge
from training.evaluate.held_back import ALL, MODEL, POPULAR
from training.evaluate.metrics import Scores
from training.settings import Gates


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
