"""What is said of answers beside a reference, and which of them are within a tolerance."""

from __future__ import annotations

import numpy as np
import pytest

from serving.agreement.beside import TOP, Row, Tolerance, beside

PRODUCTS = 60
EXACT = np.linspace(6, 0.1, PRODUCTS)
TOLERANCE = Tolerance(overlap=0.99, difference=1e-3)


def row(products: list[int], scores: list[float] | None = None) -> Row:
    """Of two customers, of whom the second gets these products."""
    best = np.arange(TOP)
    said = EXACT[products] if scores is None else np.array(scores)
    answers = [(best, EXACT[best]), (np.array(products), said)]
    return beside("a way", "Keras", [EXACT, EXACT], answers, TOLERANCE)


def test_the_same_answer_is_held() -> None:
    same = row(list(range(TOP)))
    assert (same.customers, same.overlap, same.others, same.difference) == (2, 1, 0, 0)
    assert same.held


def test_another_product_counts_for_its_customer() -> None:
    other = row([*range(TOP - 1), 40])
    assert other.overlap == pytest.approx(1 - 1 / TOP / 2)
    assert other.least_overlap == pytest.approx(1 - 1 / TOP)
    assert (other.others, other.held) == (1, False)


def test_a_product_that_ties_with_the_last_is_no_other_one() -> None:
    tied = EXACT.copy()
    tied[TOP] = tied[TOP - 1] * (1 - 1e-6)
    answer = np.array([*range(TOP - 1), TOP])
    assert beside("a way", "Keras", [tied], [(answer, tied[answer])], TOLERANCE).others == 0


@pytest.mark.parametrize(("off", "held"), [(0.0059, True), (0.0061, False), (float("nan"), False)])
def test_a_score_is_held_by_its_share_of_the_largest(off: float, held: bool) -> None:
    scores = EXACT[:TOP].copy()
    scores[3] += off
    found = row(list(range(TOP)), scores.tolist())
    assert found.held is held
    assert found.others == 0


def test_products_that_cannot_be_answered_are_nobodys_best() -> None:
    few = np.full(PRODUCTS, -np.inf)
    few[:3] = [3, 2, 1]
    assert beside("a way", "Keras", [few], [(np.arange(3), few[:3])], TOLERANCE).overlap == 1
    missed = beside("a way", "Keras", [few], [(np.array([0, 1, 9]), np.array([3, 2, 1]))], TOLERANCE)
    assert missed.overlap == pytest.approx(2 / 3)
    assert not missed.held
