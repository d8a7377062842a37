"""Every baseline on four customers and four products, against rankings worked out by hand.

Rows are customers a to d. a bought A, B; b bought A, B, C; c bought B, C, D; d bought A twice.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_matrix

from training.scorers import Scorer
from training.scorers.neighbours import keep_largest, products_alike
from training.scorers.ridge import carriers, ease
from training.validation.baselines import (
    BASELINES,
    by_bm25,
    by_cosine,
    by_count,
    by_ease,
    by_factors,
    by_recency,
    popular,
)
from training.validation.interaction_matrix import InteractionMatrix, interaction_matrix_of
from training.validation.top_k import top_k as lists_of

INDEX = {"A": 1, "B": 2, "C": 3, "D": 4}
DAY_AFTER = int(np.datetime64("2011-09-30", "D").astype(int))
BOUGHT = [
    ("a", "A", "2011-05-01"),
    ("a", "B", "2011-09-20"),
    ("b", "A", "2011-09-01"),
    ("b", "B", "2011-09-01"),
    ("b", "C", "2011-09-01"),
    ("c", "B", "2011-09-02"),
    ("c", "C", "2011-09-02"),
    ("c", "D", "2011-09-29"),
    ("d", "A", "2011-09-03"),
    ("d", "A", "2011-09-03"),
    ("d", "A", "2011-09-04"),
]


@pytest.fixture
def past() -> InteractionMatrix:
    frame = pd.DataFrame(BOUGHT, columns=["customer", "stock_code", "at"])
    frame["at"] = pd.to_datetime(frame["at"])
    return interaction_matrix_of([frame.assign(quantity=2)], INDEX, DAY_AFTER)


ROWS = np.arange(4)


def top_k(
    scorer: Scorer, rows: np.ndarray, k: int, leave_out: list[set[int]] | None = None
) -> list[list[int]]:
    every, without = lists_of(scorer, rows, 4, k, leave_out)
    return every if leave_out is None else without


def test_the_past_counts_a_product_once_a_day_and_nothing_of_a_later_day(past: InteractionMatrix) -> None:
    assert past.matrix().toarray().tolist() == [[1, 1, 0, 0], [1, 1, 1, 0], [0, 1, 1, 1], [1, 0, 0, 0]]
    assert past.popularity().tolist() == [4, 3, 2, 1]
    assert past.baskets.tolist() == [2, 1, 2, 2]
    assert past.pieces.tolist() == [2, 6, 3, 3]
    tables = [pd.DataFrame([row], columns=["customer", "stock_code", "at"]) for row in reversed(BOUGHT)]
    days = [table.assign(at=pd.to_datetime(table["at"]), quantity=2) for table in tables]
    in_many = interaction_matrix_of(days, INDEX, DAY_AFTER)
    assert in_many.customers == past.customers
    assert (in_many.matrix() != past.matrix()).nnz == 0
    assert in_many.pieces.tolist() == past.pieces.tolist()
    frame = pd.DataFrame(
        {"customer": ["a"], "stock_code": ["A"], "quantity": [1], "at": [pd.Timestamp("2011-09-30 08:00")]}
    )
    with pytest.raises(ValueError, match="not of the past"):
        interaction_matrix_of([frame], INDEX, DAY_AFTER)


def test_popular_is_the_same_for_all_and_leaves_out_what_it_is_told_to(past: InteractionMatrix) -> None:
    scorer = popular(past)
    assert top_k(scorer, ROWS, 3) == [[1, 2, 3]] * 4
    assert top_k(scorer, ROWS[:2], 4, [{1, 2}, {1, 2, 3}]) == [[3, 4], [4]]


def test_personal_frequency_ranks_own_products_first_and_ties_by_the_last_month(
    past: InteractionMatrix,
) -> None:
    # In the last 30 days: A 3 (b, d, d), B 3, C 2, D 1; a bought A and B once each: the lower number first.
    lists = top_k(by_count(past), ROWS, 4)
    assert lists == [[1, 2, 3, 4], [1, 2, 3, 4], [2, 3, 4, 1], [1, 2, 3, 4]]
    # a bought B in September and A in May; c bought D on the last day.
    recent = top_k(by_recency(past), ROWS, 4)
    assert recent[0] == [2, 1, 3, 4]
    assert recent[2] == [4, 2, 3, 1]


def test_cosine_by_hand(past: InteractionMatrix) -> None:
    # Buyers: A 3, B 3, C 2, D 1. Together: AB 2, AC 1, BC 2, BD 1, CD 1, AD 0.
    found = by_cosine(past)(ROWS)
    ab, ac, bc, bd = 2 / 5, 1 / 20**0.5, 2 / 20**0.5, 1 / 15**0.5
    itself = 3 / 5
    assert found[0] == pytest.approx([itself + ab, ab + itself, ac + bc, bd], abs=1e-6)
    assert found[3] == pytest.approx([itself, ab, ac, 0], abs=1e-6)
    assert top_k(by_cosine(past), ROWS[3:], 2, [{1}]) == [[2, 3]]


def test_bm25_by_hand(past: InteractionMatrix) -> None:
    # d has one product of 2.25 on average: weight 2.2 / (1 + 1.2 (0.25 + 0.75 / 2.25)) log(1 + 4 / 4).
    def weight(length: int, buyers: int) -> float:
        return 2.2 / (1 + 1.2 * (0.25 + 0.75 * length / 2.25)) * float(np.log(1 + 4 / (1 + buyers)))

    ab = weight(2, 3) ** 2 + weight(3, 3) ** 2
    ac = weight(3, 3) * weight(3, 2)
    found = by_bm25(past)(ROWS)
    aa = weight(2, 3) ** 2 + weight(3, 3) ** 2 + weight(1, 3) ** 2
    assert found[3] == pytest.approx([weight(1, 3) * share for share in (aa, ab, ac, 0)], rel=1e-5)
    assert top_k(by_bm25(past), ROWS[:1], 1, [{1, 2}]) == [[3]]


def test_ease_of_two_products_is_what_the_closed_form_says() -> None:
    # X'X = [[2, 1], [1, 3]], lambda 1: P = [[4, -1], [-1, 3]] / 11, so B_01 = 1/3 and B_10 = 1/4.
    weights = ease(csr_matrix([[1.0, 1.0], [1.0, 0.0], [0.0, 1.0], [0.0, 1.0]]), 1.0)
    assert weights == pytest.approx(np.array([[0, 1 / 3], [1 / 4, 0]]))


def test_ease_completes_a_basket(past: InteractionMatrix) -> None:
    assert top_k(by_ease(past), ROWS, 1, [{1, 2}, {1, 2, 3}, {2, 3, 4}, {1}]) == [[3], [4], [1], [2]]


def test_als_gives_what_was_bought_the_highest_scores_and_the_same_twice(past: InteractionMatrix) -> None:
    scores = by_factors(past)(ROWS)
    assert scores[3].argmax() == 0
    # c and d share nothing: nobody who bought D bought A.
    assert scores[2, 3] > scores[3, 3]
    np.testing.assert_allclose(
        by_factors(past)(ROWS), scores, rtol=1e-5, atol=1e-6
    )  # threads add up in any order


def test_no_baseline_depends_on_the_order_of_the_rows_or_recommends_what_is_left_out(
    past: InteractionMatrix,
) -> None:
    frame = pd.DataFrame(BOUGHT[::-1], columns=["customer", "stock_code", "at"])
    frame["at"] = pd.to_datetime(frame["at"])
    other = interaction_matrix_of([frame.assign(quantity=2)], INDEX, DAY_AFTER)
    left_out = [{1}, {2}, {3}, {4}]
    for name, fit in BASELINES.items():
        assert np.allclose(fit(past)(ROWS), fit(other)(ROWS), atol=1e-4), name
        for recommended, forbidden in zip(top_k(fit(past), ROWS, 4, left_out), left_out, strict=True):
            assert len(recommended) == 3, name
            assert not set(recommended) & forbidden, name


def test_only_the_neighbours_most_alike_are_kept_and_those_that_tie_with_the_last(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    random = np.random.default_rng(3)
    rows = csr_matrix((random.random((60, 40)) < 0.2).astype(np.float32))
    all_of_them = (rows.T @ rows).toarray()
    np.fill_diagonal(all_of_them, 0)
    least = np.sort(all_of_them, axis=1)[:, -5, None]
    expected = np.where(all_of_them >= least, all_of_them, 0)
    np.testing.assert_array_equal(products_alike(rows, 5).toarray(), expected)
    monkeypatch.setattr("training.scorers.limits.BLOCK_BYTES", 4000)  # some rows at a time
    np.testing.assert_array_equal(products_alike(rows, 5).toarray(), expected)
    assert keep_largest(csr_matrix((3, 4)), 2).nnz == 0


def test_a_ridge_of_too_many_products_is_that_of_the_ones_bought_most(past: InteractionMatrix) -> None:
    scorer = by_ease(past, most_products=2)
    assert scorer.products is not None
    assert scorer.products.tolist() == [0, 1]
    assert carriers(past.matrix(), 4) is None
    alone = InteractionMatrix(**{**vars(past), "product_count": 2} | _of_products(past, 2))
    ridge = 4 * past.buyers().mean()
    np.testing.assert_allclose(scorer.right, ease(alone.matrix(), ridge))
    # What it does not score it does not recommend, though nothing else is left.
    assert top_k(scorer, ROWS[:1], 4) == [[1, 2]] or top_k(scorer, ROWS[:1], 4) == [[2, 1]]
    assert top_k(scorer, ROWS[:1], 4, [{1, 2}]) == [[]]


def _of_products(past: InteractionMatrix, products: int) -> dict[str, np.ndarray]:
    kept = past.columns < products
    return {name: getattr(past, name)[kept] for name in ("rows", "columns", "days")}
