"""The ranking as second stage of a release."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from tests.training.ranking.shop import FIRST, rows
from tests.training.shops import small_shop, write_day
from training.jobs.local.run import train_here
from training.orders.source import Folder
from training.ranking import stage
from training.ranking.settings import RankingSettings
from training.ranking.stage import NORMALISER, RANKER, RECORD, has_enough_days
from training.release import verify
from training.release.ranked import RANKED, read_ranked
from training.settings import TrainingSettings
from training.transfer.pseudonym import Pseudonyms

PSEUDONYMS = Pseudonyms("a key of the private site")
SMALL = TrainingSettings(hold_back_days=10, epochs=1, embedding_dim=8, history_length=16)
RANKING = RankingSettings(
    label_days=10, warm_up_days=40, window_step=30, hidden=(8,), epochs=2, customers_per_step=8, seeds=(0,)
)


def write_shop(folder: Path, days: int) -> Path:
    for day, lines in rows(days).groupby("day"):
        on = date.fromordinal(int(str(day)))
        text = [
            f"{'C' if line['cancelled'] else ''}{line['invoice']},{line['product']},{line['text']},"
            f"{-line['quantity'] if line['cancelled'] else line['quantity']:.0f},{on} 10:00:00,"
            f"{line['price']},{line['customer']},United Kingdom"
            for line in lines.to_dict("records")
        ]
        write_day(folder, on, text)
    return folder


def _interrupted(*_: object) -> float:
    raise KeyboardInterrupt


def test_a_release_carries_lists_by_pseudonym_and_is_not_ranked_twice(
    log_lines: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = Folder(write_shop(tmp_path / "orders", 90))

    def run() -> str:
        out, work = tmp_path / "out", tmp_path / "work"
        return train_here(source, SMALL, PSEUDONYMS, work, out, ranking=RANKING).digest

    out = tmp_path / "out"
    with monkeypatch.context() as stopped:
        stopped.setattr(stage, "save_onnx", _interrupted)  # once all lists are written
        with pytest.raises(KeyboardInterrupt):
            run()
    verify(out)
    assert not stage.is_ranked(out)
    assert {path.name for path in tmp_path.iterdir()} == {"orders", "out", "work"}
    digest = run()
    assert {RANKER, NORMALISER, RECORD, RANKED} <= {file.path for file in verify(out, digest).files}
    lists = read_ranked(out, top=5).to_pandas()
    table = rows(90)
    early = table[(table["day"] < FIRST + 80) & table["customer"].ne("") & ~table["cancelled"]]
    expected = {PSEUDONYMS.customer(name) for name in early["customer"].unique()}
    assert set(lists["customer"]) == expected
    assert list(lists["rank"][:5]) == [1, 2, 3, 4, 5]
    new = read_ranked(out, only_new=True, top=5).to_pandas()
    owned = set(zip(early["customer"].map(PSEUDONYMS.customer), early["product"], strict=True))
    assert owned.isdisjoint(zip(new["customer"], new["product"], strict=True))
    assert any(line.startswith("ranking, new products: ") for line in log_lines)

    log_lines.clear()
    assert run() == digest
    assert not any("window of" in line for line in log_lines)


def test_a_ranking_needs_enough_days_before_those_held_back(tmp_path: Path) -> None:
    source = Folder(small_shop(tmp_path / "orders", days=12, customers=2))
    short = RANKING.model_copy(update={"warm_up_days": 5, "label_days": 4})
    for held_back, expected in ((2, True), (3, False)):
        settings = SMALL.model_copy(update={"hold_back_days": held_back})
        assert has_enough_days(source, settings, short) is expected
    assert not has_enough_days(source, SMALL, RankingSettings())
    assert read_ranked(tmp_path) is None
