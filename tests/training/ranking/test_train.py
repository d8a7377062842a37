"""From orders to lists on a small shop."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date
from pathlib import Path

import numpy as np
import onnxruntime
import pandas as pd
import pytest

from tests.training.ranking.shop import FIRST, rows
from training.errors import TrainingError
from training.fit.cluster import ALONE, limit_threads
from training.ranking.features import FeatureBuilder
from training.ranking.folder import ALL_PRODUCTS, NEW_PRODUCTS, NORMALISER, ONNX, RECORD, record_of, write
from training.ranking.measure import bought_after, measure
from training.ranking.normalise import Normaliser
from training.ranking.orders import Orders
from training.ranking.recommend import Listed, recommend
from training.ranking.settings import RankingSettings
from training.ranking.train import NothingToRank, train
from training.ranking.windows import load_window, make_window, window_days, windows

BEFORE = FIRST + 110
BEFORE_DATE = date.fromordinal(BEFORE)
SETTINGS = RankingSettings(
    label_days=10, warm_up_days=50, window_step=16, hidden=(16,), epochs=8, customers_per_step=8, seeds=(0, 1)
)


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return rows(120)


def _table(blocks: Iterable[Listed], orders: Orders, only_new: bool = False) -> pd.DataFrame:
    return pd.concat([listed.table(orders, only_new) for listed in blocks], ignore_index=True)


def test_it_beats_popularity_repeats_itself_and_resumes(
    log_lines: list[str], table: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    past = Orders.of(table[table["day"] < BEFORE])
    first = train(past, BEFORE, SETTINGS, tmp_path / "work")
    limit_threads(ALONE)  # of a process that trains the towers, too; refused where the ranking took others
    # A day of later orders must not matter, and a run that was stopped must not differ from one that was not.
    first.windows[1].unlink()
    again = train(Orders.of(table), BEFORE, SETTINGS, tmp_path / "work")
    assert again.windows == first.windows
    assert sum("there already" in line for line in log_lines) == len(first.windows) - 1
    builder = FeatureBuilder(past, BEFORE)
    lists, new = (_table(recommend(builder, first, 5), past, only_new) for only_new in (False, True))
    pd.testing.assert_frame_equal(lists, _table(recommend(builder, again, 5), past))
    with monkeypatch.context() as few:  # customers at a time
        few.setattr(builder, "blocks", lambda customers: map(builder.features, np.array_split(customers, 7)))
        blocks = list(recommend(builder, first, 5))
    assert len(blocks) == 7
    in_blocks = _table(blocks, past)
    pd.testing.assert_frame_equal(in_blocks.drop(columns="score"), lists.drop(columns="score"))
    np.testing.assert_allclose(in_blocks["score"], lists["score"], atol=1e-4)

    bought = bought_after(past, table[table["day"] >= BEFORE])
    best = builder.products["popular400"].argsort()[::-1][:5]
    popular = pd.MultiIndex.from_product([past.customers, past.products[best]]).to_frame(index=False)
    popular.columns = pd.Index(["customer", "product"])
    popular["rank"] = popular.groupby("customer").cumcount() + 1
    ours, theirs = measure(lists, bought, 5), measure(popular, bought, 5)
    assert ours.recall > theirs.recall + 3 * (ours.recall_error + theirs.recall_error)

    known = builder.snapshot.pairs
    owned = set(zip(past.customers[known["customer"]], past.products[known["product"]], strict=True))
    assert owned.isdisjoint(zip(new["customer"], new["product"], strict=True))
    assert not lists.duplicated(["customer", "product"]).any()
    assert (lists.groupby("customer").size() == 5).all()

    out = tmp_path / "out"
    write(out, first, blocks, past, BEFORE_DATE)
    record = json.loads((out / RECORD).read_text())
    assert record["before"] == BEFORE_DATE.isoformat()
    assert record["orders"] == past.digest()
    features = builder.features(np.arange(3))
    session = onnxruntime.InferenceSession(str(out / ONNX), providers=["CPUExecutionProvider"])
    normalised = Normaliser.load(out / NORMALISER)(features.values)
    np.testing.assert_array_equal(normalised, first.normalised(features.values, features.names))
    scores = session.run(["scores"], {"features": normalised[None]})[0][0]
    np.testing.assert_allclose(scores, first.score(normalised), atol=1e-4)
    assert scores.min() >= 0
    assert scores.max() <= 1
    for name, expected in ((ALL_PRODUCTS, lists), (NEW_PRODUCTS, new)):
        pd.testing.assert_frame_equal(
            pd.read_csv(out / name, dtype=dict(expected.dtypes)), expected, atol=1e-4
        )


def test_windows_made_side_by_side_are_those_made_one_after_the_other(
    log_lines: list[str], table: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    orders = Orders.of(table)
    few = SETTINGS.model_copy(update={"window_step": 30})
    alone = list(windows(orders, BEFORE, few, tmp_path / "alone"))
    monkeypatch.setattr("training.ranking.parallel.WORTH_IT", 0)
    log_lines.clear()
    together = list(windows(orders, BEFORE, few, tmp_path / "together"))
    assert [path.name for path in together] == [path.name for path in alone]
    assert len(together) == len(log_lines) >= 2
    for file, other_file in zip(alone, together, strict=True):
        np.testing.assert_array_equal(load_window(file).values, load_window(other_file).values)
        np.testing.assert_array_equal(load_window(file).label, load_window(other_file).label)


def _bytes(window: object) -> dict[str, bytes]:
    return {name: np.ascontiguousarray(array).tobytes() for name, array in vars(window).items()}


def test_a_future_row_slipped_in_reaches_no_feature_and_no_label_that_is_before_it(
    table: pd.DataFrame,
) -> None:
    orders = Orders.of(table)
    day = window_days(orders, BEFORE, SETTINGS)[0]
    after = day + 2 * SETTINGS.label_days
    assert after < BEFORE, "this window sees less than the run"

    labelled = table[table["day"].between(day, day + SETTINGS.label_days - 1) & table["customer"].ne("")]
    someone = labelled["customer"].min()

    def slipped(at: int) -> dict[str, bytes]:
        # They sort before everything, so that every number that looks at them moves.
        stranger = table.tail(1).assign(day=at, invoice="0", customer="a000", product="10000", text="")
        known = table[table["day"] < day].tail(40).assign(day=at, invoice="00", customer=someone)
        other = Orders.of(pd.concat([stranger, known.assign(cancelled=False), table], ignore_index=True))
        return _bytes(make_window(other, day, BEFORE, SETTINGS))

    def rows(window: dict[str, bytes]) -> set[bytes]:
        width = len(window["values"]) // (len(window["label"]) // 4)
        return {window["values"][at : at + width] for at in range(0, len(window["values"]), width)}

    alone = _bytes(make_window(orders, day, BEFORE, SETTINGS))
    assert slipped(after) == alone
    # A purchase of the day itself is a label: more rows are kept, and each that was is as it was.
    of_day, of_eve = slipped(day), slipped(day - 1)
    assert of_day["label"] != alone["label"]
    assert rows(alone) < rows(of_day)
    assert not rows(alone) & rows(of_eve), "else this test would pass on windows that see nothing at all"


def test_windows_are_kept_by_the_orders_that_they_see(
    log_lines: list[str], table: pd.DataFrame, tmp_path: Path
) -> None:
    first = {path.name for path in windows(Orders.of(table), BEFORE, SETTINGS, tmp_path)}
    late = table.index[table["day"].between(BEFORE - 5, BEFORE - 1)]
    fewer = Orders.of(table.drop(late[:3]))
    second = {path.name for path in windows(fewer, BEFORE, SETTINGS, tmp_path)}
    assert 0 < sum("there already" in line for line in log_lines) == len(first & second) < len(first)
    # Another place in the run is another draw, another setting of sampling other rows.
    few = SETTINGS.model_copy(update={"window_step": 30})
    more = few.model_copy(update={"negatives": 0.5})
    for before, settings in ((BEFORE + 1, few), (BEFORE, more)):
        found = {path.name for path in windows(Orders.of(table), before, settings, tmp_path)}
        assert not found & (first | second)
    log_lines.clear()
    network = SETTINGS.model_copy(update={"epochs": 1, "hidden": (4,), "seeds": (7,)})
    assert first == {path.name for path in windows(Orders.of(table), BEFORE, network, tmp_path)}
    assert all("there already" in line for line in log_lines)


def test_a_damaged_window_is_made_again_and_one_that_goes_while_it_is_needed_is_a_sentence(
    log_lines: list[str], table: pd.DataFrame, tmp_path: Path
) -> None:
    few = SETTINGS.model_copy(update={"window_step": 30})
    paths = list(windows(Orders.of(table), BEFORE, few, tmp_path))
    whole = paths[0].read_bytes()
    paths[0].write_bytes(whole[: len(whole) // 2])
    log_lines.clear()
    assert list(windows(Orders.of(table), BEFORE, few, tmp_path)) == paths
    assert log_lines[0] == f"{paths[0]} is damaged; it is made again"
    assert sum("there already" in line for line in log_lines) == len(paths) - 1
    assert paths[0].read_bytes() == whole
    paths[0].unlink()
    with pytest.raises(TrainingError, match="is gone or damaged now; run the same command again"):
        load_window(paths[0])


def test_too_few_days_are_refused_with_the_number_needed(table: pd.DataFrame, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="reach over 60 days; a ranking needs 61"):
        train(Orders.of(table), FIRST + 60, SETTINGS, tmp_path)


def test_a_window_in_whose_days_nobody_bought_is_empty(table: pd.DataFrame, tmp_path: Path) -> None:
    settings = SETTINGS.model_copy(update={"seeds": (0,), "epochs": 1})
    cuts = window_days(Orders.of(table), BEFORE, settings)
    last = cuts[-1]
    gap = table[(table["day"] < cuts[0]) | (table["day"] >= last)]
    trained = train(Orders.of(gap), BEFORE, settings, tmp_path / "gap")
    sizes = [len(load_window(path).label) for path in trained.windows]
    assert 0 in sizes
    assert trained.examples == sum(sizes) > 0
    early = table[table["day"] < cuts[0]]
    with pytest.raises(NothingToRank, match="no customer bought a candidate in any window"):
        train(Orders.of(early), BEFORE, settings, tmp_path / "early")


def test_a_large_shop_is_trained_on_customers_drawn_and_what_it_has_no_room_for_is_recorded(
    log_lines: list[str], table: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    orders, why = Orders.of(table), {"als32": "needs more than there is"}
    small = SETTINGS.model_copy(
        update={"seeds": (0,), "epochs": 1, "customers_per_window": 20, "most_examples": 600}
    )
    for module in ("windows", "train"):
        monkeypatch.setattr(f"training.ranking.{module}.left_out", lambda *_: why)
    trained = train(orders, BEFORE, small, tmp_path)
    assert "score als32 is left out: it needs more than there is" in log_lines
    made = [load_window(path) for path in trained.windows]
    assert all(len(np.unique(window.group)) == 20 for window in made)
    total = sum(len(window.label) for window in made)
    assert 300 < trained.examples < 900 < total
    assert "score_als32" not in trained.names
    assert "score_als128" in trained.names
    assert record_of(trained, orders, BEFORE_DATE, 0.0)["scores_left_out"] == why
    lists = _table(recommend(trained.builder(orders, BEFORE), trained, 5), orders)
    assert (lists.groupby("customer").size() == 5).all()
