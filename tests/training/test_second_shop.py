"""Another shop's log, described by ``isthmus orders describe``, is to training what the sample is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from typer.testing import CliRunner

from isthmus.cli.main import app
from isthmus.cli.orders_options import orders_settings
from tests.training.second_shop import code_of, second_shop
from tests.training.shops import SAMPLE
from training.jobs.local.run import train_here
from training.orders.source import Folder
from training.ranking.product_texts import first_number
from training.release.directory import VALIDATION
from training.settings import TrainingSettings
from training.transfer.batch import from_parquet
from training.transfer.folder import BatchFolder
from training.transfer.pseudonym import Pseudonyms
from training.transfer.run import transfer

KEY = Pseudonyms("a key of the private site")
DAYS = 6


def _described(folder: Path) -> Folder:
    """The folder, read by what the command writes about it."""
    result = CliRunner().invoke(app, ["orders", "describe", str(folder)])
    assert result.exit_code == 0, result.output
    section = folder.parent / f"{folder.name}.yaml"
    section.write_text(result.stdout)
    return Folder(folder, orders_settings({"orders_settings": section}, [section]))


def _sent(orders: Folder, folder: Path) -> tuple[pd.DataFrame, dict[str, int]]:
    arrivals, private = BatchFolder(folder / "arrivals"), BatchFolder(folder / "private")
    done = transfer(orders, KEY, TrainingSettings(hold_back_days=2), arrivals, private)
    rows = [from_parquet(arrivals.batch(batch)) for batch in done.arrivals.batches]
    return pd.concat(rows, ignore_index=True), done.arrivals.cleaning


def test_second_shop_gives_the_same_rows_after_its_transfer(tmp_path: Path) -> None:
    sample = tmp_path / "sample"
    sample.mkdir()
    for path in sorted(SAMPLE.glob("*.csv.gz"))[:DAYS]:
        (sample / path.name).write_bytes(path.read_bytes())
    first, counts = _sent(Folder(sample), tmp_path / "here")
    second, others = _sent(_described(second_shop(tmp_path / "second", DAYS)), tmp_path / "there")
    assert others == counts
    assert len(first) > 5_000
    pd.testing.assert_frame_equal(first.assign(stock_code=first["stock_code"].map(code_of)), second)
    codes = sorted(first["stock_code"].unique())
    assert [code_of(code) for code in codes] == sorted(map(code_of, codes)), "products keep their order"
    assert [first_number(code) for code in codes] == [first_number(code_of(code)) for code in codes]


@pytest.mark.long
@pytest.mark.timeout(1200)
def test_second_shop_trains_a_release_of_the_same_quality_to_the_last_digit(tmp_path: Path) -> None:
    def quality(orders: Folder, name: str) -> tuple[dict[str, Any], Any]:
        work, out = tmp_path / f"{name}-work", tmp_path / f"{name}-release"
        trained = train_here(orders, TrainingSettings(), KEY, work, out)
        scores = json.loads((out / VALIDATION).read_text())
        assert scores.pop("digest") == trained.digest, "a release names its products, so it is another one"
        return scores, trained.manifest.metrics

    assert quality(_described(second_shop(tmp_path / "second")), "second") == quality(
        Folder(SAMPLE), "sample"
    )
