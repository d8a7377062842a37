"""Gates name what was missed, and a worse release is told by the customers both releases met."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infra.settings.model import Sections
from training.settings import Gates
from training.validation.comparison import Comparison
from training.validation.gates import checks, refusals
from training.validation.holdout import ALL, MODEL, NEW, Evaluation
from training.validation.metrics import PerCustomer, Scores

BEST = "EASE"


def judge(evaluation: Evaluation, gates: Gates) -> list[str]:
    return refusals(checks(evaluation, gates))


def _scores(recall: float, customers: int = 100, coverage: float = 0.2) -> Scores:
    return Scores(recall, 0.01, recall, coverage, customers)


def _evaluation(
    model: float = 0.2,
    popular: float = 0.1,
    best: float = 0.2,
    service: Comparison | None = None,
    customers: int = 100,
    coverage: float = 0.2,
) -> Evaluation:
    def row(recall: float) -> dict[str, Scores]:
        return {
            ALL: _scores(recall, customers, coverage),
            NEW: _scores(recall / 2, customers, coverage),
        }

    kinds = {"new": 0.1, "regular": 0.4, "tiny": 0.0}
    return Evaluation(
        table={MODEL: row(model), "popular": row(popular), BEST: row(best)},
        segments={
            kind: {
                MODEL: _scores(recall, customers=5 if kind == "tiny" else 50),
                "popular": _scores(0.05),
                BEST: _scores(0.3),
            }
            for kind, recall in kinds.items()
        },
        service=service,
    )


def test_gates_name_what_was_missed() -> None:
    gates = Gates(min_recall_ratio_to_popularity=1.2)
    assert judge(_evaluation(), gates) == []
    assert "asks for at least 0.240" in judge(_evaluation(0.2, 0.2), gates)[0]
    assert (
        "customers of the held-back days is 3, but gates.min_customers 20"
        in judge(_evaluation(customers=3), gates)[0]
    )
    assert "coverage of all products is 0.1%, but" in judge(_evaluation(coverage=0.001), gates)[0]


def test_the_best_baseline_must_be_met_in_both_columns() -> None:
    every, new = judge(_evaluation(0.2, best=0.25), Gates(min_recall_ratio_to_best_baseline=1.0))
    assert "recall@20 of all products is 0.200, but" in every
    assert "asks for at least 0.250 (EASE: 0.250)" in every
    assert "recall@20 of new products is 0.100" in new


def test_the_worst_segment_is_held_to_the_best_and_small_ones_are_not_judged() -> None:
    (missed,) = judge(_evaluation(), Gates(min_segment_recall_ratio=0.5))
    assert "segment new is 0.100, but gates.min_segment_recall_ratio 0.5 asks for at least 0.200" in missed
    assert "regular: 0.400" in missed


def test_a_segment_is_held_to_what_a_baseline_would_do_for_it() -> None:
    (missed,) = judge(_evaluation(), Gates(min_segment_recall_ratio_to_best_baseline=0.9))
    assert "segment new is 0.100, but" in missed
    assert "asks for at least 0.270 (EASE: 0.300)" in missed


def _compared(loss: float, customers: int) -> Comparison:
    random = np.random.default_rng(5)
    theirs = random.beta(2, 5, customers)
    ours = theirs * (1 - loss) + random.normal(0, 0.02, customers)
    groups = {"new": np.arange(customers) < customers // 2}
    return Comparison("sha256:" + "0" * 64, PerCustomer(ours, ours), PerCustomer(theirs, theirs), groups)


@pytest.mark.parametrize(("loss", "refused"), [(0.0, False), (0.1, False), (0.5, True)])
def test_a_worse_release_is_refused_only_beyond_what_is_forgiven(loss: float, refused: bool) -> None:
    evaluation = _evaluation(service=_compared(loss, 200))
    missed = judge(evaluation, Gates(max_recall_loss_to_service=0.1))
    assert bool(missed) == refused
    if refused:
        assert "gain in recall@20 of all products is -0." in missed[0]
    assert judge(evaluation, Gates(max_recall_loss_to_service=1.0)) == []


def test_a_segment_that_gets_worse_is_named() -> None:
    gates = Gates(max_segment_loss_to_service=0.1, max_recall_loss_to_service=1.0)
    (missed,) = judge(_evaluation(service=_compared(0.5, 200)), gates)
    assert "gain in recall@20 of segment new is -0." in missed


def test_every_gate_of_a_stack_file_is_judged_by_its_name() -> None:
    assert Sections.model_fields["training"].default.gates == Gates()
    judged = {check.gate for check in checks(_evaluation(service=_compared(0, 20)), Gates())}
    assert judged == set(Gates.model_fields) - {"min_segment_customers"}


RECALLS = st.floats(0.01, 1)


@settings(max_examples=100)
@given(RECALLS, RECALLS, RECALLS, st.floats(0, 2), st.floats(0, 2))
def test_a_stricter_gate_lets_no_more_through_and_a_check_says_what_it_did(
    model: float, popular: float, best: float, ratio: float, more: float
) -> None:
    evaluation = _evaluation(model, popular, best)
    names = [name for name in Gates.model_fields if "ratio_to" in name]
    lax, strict = (Gates.model_validate(dict.fromkeys(names, value)) for value in (ratio, ratio + more))
    for lax_check, strict_check in zip(checks(evaluation, lax), checks(evaluation, strict), strict=True):
        assert lax_check.passed or not strict_check.passed
        assert lax_check.passed == (lax_check.value >= lax_check.bar)
        assert lax_check.passed or not lax_check.off
    assert len(judge(evaluation, lax)) <= len(judge(evaluation, strict))
