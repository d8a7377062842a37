"""Gates name what was missed, and a worse release is told by the customers both releases met."""

from __future__ import annotations

import numpy as np
import pytest

from infra.settings.training import Gates as StackGates
from training.evaluate.comparison import Comparison
from training.evaluate.gates import checks, judge
from training.evaluate.held_back import ALL, MODEL, NEW, Evaluation
from training.evaluate.metrics import Scores
from training.settings import Gates

BEST = "EASE"


def _scores(recall: float, customers: int = 100, coverage: float = 0.2) -> Scores:
    return Scores(recall, 0.01, recall, coverage, customers)


def _evaluation(
    model: float = 0.2, popular: float = 0.1, best: float = 0.2, service: Comparison | None = None, **more
) -> Evaluation:
    def row(recall: float) -> dict[str, Scores]:
        return {ALL: _scores(recall, **more), NEW: _scores(recall / 2, **more)}

    kinds = {"new": 0.1, "regular": 0.4, "tiny": 0.0}
    return Evaluation(
        table={MODEL: row(model), "popular": row(popular), BEST: row(best)},
        segments={
            kind: {MODEL: _scores(recall, customers=5 if kind == "tiny" else 50)}
            for kind, recall in kinds.items()
        },
        service=service,
    )


def test_gates_name_what_was_missed() -> None:
    gates = Gates(min_recall_ratio_to_popularity=1.2)
    assert judge(_evaluation(), gates) == []
    assert "asks for 0.240" in judge(_evaluation(0.2, 0.2), gates)[0]
    assert "only 3 held-back customers" in judge(_evaluation(customers=3), gates)[0]
    assert "coverage is 0.1%, but" in judge(_evaluation(coverage=0.001), gates)[0]


def test_the_best_baseline_must_be_met_in_both_columns() -> None:
    every, new = judge(_evaluation(0.2, best=0.25), Gates(min_recall_ratio_to_best_baseline=1.0))
    assert "recall@20 is 0.200, but" in every
    assert "asks for 0.250 (EASE: 0.250)" in every
    assert "recall@20 of new products is 0.100" in new


def test_the_worst_segment_is_held_to_the_best_and_small_ones_are_not_judged() -> None:
    (missed,) = judge(_evaluation(), Gates(min_segment_recall_ratio=0.5))
    assert "segment new is 0.100, but gates.min_segment_recall_ratio 0.5 asks for 0.200" in missed
    assert "regular: 0.400" in missed


def _compared(loss: float, customers: int) -> Comparison:
    random = np.random.default_rng(5)
    theirs = random.beta(2, 5, customers)
    ours = theirs * (1 - loss) + random.normal(0, 0.02, customers)
    return Comparison("sha256:" + "0" * 64, ours, theirs, {"new": np.arange(customers) < customers // 2})


@pytest.mark.parametrize(("loss", "refused"), [(0.0, False), (0.1, False), (0.5, True)])
def test_a_worse_release_is_refused_only_beyond_what_is_forgiven(loss: float, refused: bool) -> None:
    evaluation = _evaluation(service=_compared(loss, 200))
    missed = judge(evaluation, Gates(max_recall_loss_to_service=0.1))
    assert bool(missed) == refused
    if refused:
        assert "differs from the release in service by -0." in missed[0]
    assert judge(evaluation, Gates()) == []


def test_a_segment_that_gets_worse_is_named() -> None:
    missed = judge(_evaluation(service=_compared(0.5, 200)), Gates(max_segment_loss_to_service=0.1))
    assert len(missed) == 1
    assert "of segment new differs" in missed[0]


def test_every_gate_of_a_stack_file_is_one_of_training_with_the_same_default() -> None:
    assert StackGates().model_dump() == Gates().model_dump()
    judged = {check.gate for check in checks(_evaluation(service=_compared(0, 20)), Gates())}
    assert judged == set(Gates.model_fields) - {"min_segment_customers"}
