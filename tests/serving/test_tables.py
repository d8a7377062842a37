"""The tables of the answers."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from serving.repository.tables import text_array, write_answer_tables, write_lookup_tables
from training.release import Customers


def test_what_the_model_knows_was_bought_counts_as_bought(tmp_path: Path) -> None:
    customers = Customers(
        pseudonyms=["b", "a"],
        history=np.array([[5, 3, 9], [2, 0, 0]], np.int32),
        weights=np.ones((2, 3), np.float32),
        user=np.array([[1.0], [2.0]], np.float32),
        last_bought=[[3, 7], []],
    )
    write_lookup_tables(customers, tmp_path)
    write_answer_tables(customers, [], [], [], tmp_path)
    names, start = np.load(tmp_path / "pseudonyms.npy"), np.load(tmp_path / "bought_start.npy")
    bought = np.load(tmp_path / "bought.npy")
    bought_by_customer = {
        name: bought[start[row] : start[row + 1]].tolist() for row, name in enumerate(names)
    }
    assert bought_by_customer == {b"a": [2], b"b": [3, 7, 5, 9]}
    assert np.load(tmp_path / "user.npy").tolist() == [[2.0], [1.0]]


def test_a_release_without_customers_has_tables(tmp_path: Path) -> None:
    nobody = Customers(
        [], np.zeros((0, 3), np.int32), np.zeros((0, 3), np.float32), np.zeros((0, 1), np.float32), []
    )
    write_lookup_tables(nobody, tmp_path)
    write_answer_tables(nobody, [], [], [], tmp_path)
    assert np.load(tmp_path / "pseudonyms.npy").shape == (0,)
    assert np.load(tmp_path / "bought_start.npy").tolist() == [0]


def test_texts_are_utf8_of_one_width() -> None:
    assert text_array(["LAMPE À", ""]).tolist() == ["LAMPE À".encode(), b""]
