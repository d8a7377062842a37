"""Shortlist and lists of a release: written in blocks, on disk until they are whole."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest

from training.ranking.recommend import Listed
from training.release import SHORTLIST, ReleaseDamaged, Shortlist
from training.release.ranked import RANKED, read_ranked, writing_ranked
from training.release.shortlist import writing_shortlist

CUSTOMERS, PRODUCTS, EACH, WIDTH = 40, 30, 9, 5
NAMES = np.array([f"customer {number:02}" for number in range(CUSTOMERS)])
CODES = np.array([f"{10_000 + number}" for number in range(PRODUCTS)])


@pytest.fixture(scope="module")
def listed() -> Listed:
    """Of customer 7 nothing, as of one who is left out."""
    random = np.random.default_rng(3)
    customer = np.repeat(np.delete(np.arange(CUSTOMERS), 7), EACH)
    product = np.concatenate([np.sort(random.permutation(PRODUCTS)[:EACH]) for _ in range(CUSTOMERS - 1)])
    ranks = np.concatenate([random.permuted(np.tile(np.arange(EACH), (2, 1)), axis=1) for _ in range(39)], 1)
    return Listed(
        customer=customer,
        product=product,
        owned=random.random(len(customer)) < 0.3,
        features=random.normal(size=(len(customer), WIDTH)).astype(np.float16),
        scores=random.random(len(customer)).astype(np.float32),
        ranks=ranks.astype(np.int32),
    )


def _written(listed: Listed, folder: Path, customers_at_a_time: int) -> dict[str, bytes]:
    folder.mkdir()
    rows = customers_at_a_time * EACH
    with (
        writing_shortlist(folder, NAMES, CODES) as shortlist,
        writing_ranked(folder, NAMES, CODES) as ranked,
    ):
        for start in range(0, len(listed.customer), rows):
            part = {name: array[..., start : start + rows] for name, array in vars(listed).items()}
            part["features"] = listed.features[start : start + rows]
            Listed(**part).write(shortlist, ranked)
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_blocks_of_one_of_some_and_of_all_customers_give_the_same_bytes(
    listed: Listed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("training.release.ranked.ROWS_A_GROUP", 100)
    alone = _written(listed, tmp_path / "1", 1)
    assert set(alone) == {SHORTLIST, RANKED}
    assert alone == _written(listed, tmp_path / "7", 7) == _written(listed, tmp_path / "all", CUSTOMERS)

    # What numpy would write of all of it.
    start = np.searchsorted(listed.customer, np.arange(CUSTOMERS + 1))
    columns = {name: getattr(listed, name) for name in ("owned", "features", "scores")}
    whole = Shortlist(
        NAMES.astype(bytes), start, CODES.astype(bytes), listed.product.astype(np.int32), **columns
    )
    file = io.BytesIO()
    np.savez_compressed(file, **vars(whole))
    assert alone[SHORTLIST] == file.getvalue()
    (tmp_path / "whole").mkdir()
    whole.write(tmp_path / "whole")
    assert (tmp_path / "whole" / SHORTLIST).read_bytes() == alone[SHORTLIST]

    read = Shortlist.read(tmp_path / "1")
    assert read is not None
    assert read.features.shape == listed.features.shape
    assert "_mapped" not in vars(read.features), "its shape alone unpacks nothing"
    for name, expected in vars(whole).items():
        np.testing.assert_array_equal(np.asarray(getattr(read, name)), expected)
    assert read.start[7] == read.start[8]


def test_lists_are_read_by_kind_length_and_customer(listed: Listed, tmp_path: Path) -> None:
    _written(listed, tmp_path / "release", 3)
    for only_new in (False, True):
        found = read_ranked(tmp_path / "release", only_new, top=4, customers={NAMES[30], NAMES[2]})
        assert found["customer"].to_pylist() == [NAMES[2]] * 4 + [NAMES[30]] * 4
        assert found["rank"].to_pylist() == [1, 2, 3, 4] * 2
        for row, rank in zip(found.slice(0, 4).to_pylist(), range(1, 5), strict=True):
            at = np.flatnonzero((listed.customer == 2) & (listed.ranks[int(only_new)] == rank)).item()
            assert row["product"] == CODES[listed.product[at]]
            assert row["score"] == listed.scores[at]
    assert len(read_ranked(tmp_path / "release", customers=[])) == 0
    assert len(read_ranked(tmp_path / "release", top=100)) == (CUSTOMERS - 1) * (EACH - 1)


def test_what_was_interrupted_leaves_nothing(listed: Listed, tmp_path: Path) -> None:
    class Interrupted(Exception):
        pass

    def interrupted() -> None:
        with (
            writing_shortlist(tmp_path, NAMES, CODES) as shortlist,
            writing_ranked(tmp_path, NAMES, CODES) as ranked,
        ):
            listed.write(shortlist, ranked)
            raise Interrupted

    with pytest.raises(Interrupted):
        interrupted()
    assert not list(tmp_path.iterdir())


def test_a_file_of_columns_first_is_damaged(listed: Listed, tmp_path: Path) -> None:
    _written(listed, tmp_path / "release", CUSTOMERS)
    path = tmp_path / "release" / SHORTLIST
    with np.load(path) as stored:
        arrays = dict(stored)
    np.savez(path, **{**arrays, "features": np.asfortranarray(arrays["features"])})
    with pytest.raises(ReleaseDamaged, match="not in the order of rows"):
        Shortlist.read(path.parent)
