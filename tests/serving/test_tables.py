"""The tables of the answers."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from serving.repository.lists import Lists, lists_of
from serving.repository.tables import text_array, write_context_tables, write_tables
from training.release import Customers, Product, ReleaseContext, Shortlist
from training.release.context_scores import FEATURES, NO_LIST, Brought, ContextScorer, candidates


def _customers(names: list[str], history: list[list[int]], last: list[list[int]]) -> Customers:
    rows = np.array(history, np.int32).reshape(len(names), 3)
    ones = np.ones((len(names), 3), np.float32)
    return Customers(names, rows, ones, np.zeros((len(names), 1), np.float32), last)


def _lists(names: list[str]) -> Lists:
    none = np.zeros(0)
    return Lists(
        text_array(names),
        np.zeros(len(names) + 1, np.int64),
        none.astype(np.int32),
        none.astype(np.float32),
        none.astype(np.bool_),
        np.zeros(len(names), np.bool_),
        {},
    )


def test_what_the_model_knows_was_bought_counts_as_bought(tmp_path: Path) -> None:
    customers = _customers(["b", "a"], [[5, 3, 9], [2, 0, 0]], [[3, 7], []])
    write_tables(customers, [], [], [], _lists(["a", "b", "of a shortlist alone"]), tmp_path)
    names, start = np.load(tmp_path / "pseudonyms.npy"), np.load(tmp_path / "bought_start.npy")
    bought = np.load(tmp_path / "bought.npy")
    bought_by_customer = {
        name: bought[start[row] : start[row + 1]].tolist() for row, name in enumerate(names.tolist())
    }
    assert bought_by_customer == {b"a": [2], b"b": [3, 7, 5, 9], b"of a shortlist alone": []}


def test_a_release_without_customers_has_tables(tmp_path: Path) -> None:
    nobody = _customers([], [], [])
    lists = lists_of(nobody, [], None, tmp_path, own_ranker=True)
    write_tables(nobody, [], [], [], lists, tmp_path)
    assert np.load(tmp_path / "pseudonyms.npy").shape == (0,)
    assert np.load(tmp_path / "list_start.npy").tolist() == [0]


def test_lists_are_in_the_order_of_the_answer_ties_by_code(tmp_path: Path) -> None:
    products = [
        Product(index=number, product_code=code, description="", price=1.0, popularity_rank=number)
        for number, code in enumerate(("b", "a"), 1)
    ]
    shortlist = Shortlist(
        customers=np.array([b"anna", b"ben"]),
        start=np.array([0, 3, 4]),
        codes=np.array([b"a", b"b", b"c"]),
        product=np.array([0, 1, 2, 2], np.int32),
        owned=np.array([True, False, False, True]),
        features=np.zeros((4, 1), np.float16),
        scores=np.array([0.5, 0.5 * (1 + 1e-6), 0.9, 0.1], np.float32),
    )
    lists = lists_of(_customers([], [], []), products, shortlist, tmp_path, own_ranker=True)
    assert lists.names.tolist() == [b"anna", b"ben"]
    assert lists.start.tolist() == [0, 3, 4]
    # c is in no items.json, so it comes after b and a, which are 1 and 2 there.
    assert lists.product.tolist() == [3, 2, 1, 3]
    assert lists.owned.tolist() == [False, True, False, True]
    assert lists.ranked.tolist() == [True, True]
    assert lists.seconds == {}


def test_a_scorer_says_the_same_by_other_numbers(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    products, numbers = 6, np.array([4, 1, 7, 2, 6, 3], np.int32)
    near = [random.choice(products, 3, replace=False) for _ in range(products)]
    scorer = ContextScorer(
        start=np.arange(products + 1) * 3,
        neighbour=np.concatenate(near).astype(np.int32),
        cosine=random.random(3 * products).astype(np.float32),
        confidence=random.random(3 * products).astype(np.float32),
        popularity=random.random(products).astype(np.float32),
        weekday=random.normal(size=(7, products)).astype(np.float32),
        known=np.zeros(len(FEATURES) + 1),
        stranger=np.zeros(len(FEATURES) + 1),
    )
    context = ReleaseContext(np.array([b"p%d" % place for place in range(products)]), scorer)
    write_context_tables(context, numbers, 9, tmp_path)
    names = ContextScorer.__dataclass_fields__
    moved = ContextScorer(**{name: np.load(tmp_path / f"context_{name}.npy") for name in names})
    none = np.zeros(0, np.int64)
    here, values = candidates(scorer, Brought.of(np.array([0, 3]), np.array([5]), 2), NO_LIST)
    there, moved_values = candidates(moved, Brought.of(numbers[[0, 3]], numbers[[5]], 2), NO_LIST)
    assert len(here) > 1
    by_number = dict(zip(there.tolist(), moved_values.tolist(), strict=True))
    assert {numbers[place]: line for place, line in zip(here, values.tolist(), strict=True)} == by_number
    assert candidates(moved, Brought.of(none, none), NO_LIST)[0].tolist() == []
    assert candidates(moved, Brought.of(np.array([8]), none), NO_LIST)[0].tolist() == []


def test_texts_are_utf8_of_one_width() -> None:
    assert text_array(["LAMPE À", ""]).tolist() == ["LAMPE À".encode(), b""]
