"""Features that were made once: a run that finds them ends with the same bits as one that does not."""

from __future__ import annotations

import shutil
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from isthmus.source_digest import source_digest
from tests.training.ranking.test_stage import PSEUDONYMS, RANKING, SMALL, write_shop
from tests.training.shops import small_shop
from training.digest_scopes import FEATURES, RANKING_FEATURES
from training.features.example_features import ExampleFeatures
from training.features.training_data import TrainingData
from training.jobs.local.run import train_here
from training.operations.workspace import Workspace
from training.orders.source import Folder
from training.ranking.stage import RANKER
from training.release import read
from training.settings import TrainingSettings
from training.transfer.run import transfer

SETTINGS = TrainingSettings(hold_back_days=2, history_length=16)


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    folder = tmp_path_factory.mktemp("kept")
    workspace = Workspace(folder / "work")
    shop = Folder(small_shop(folder / "orders", customers=20))
    transfer(shop, PSEUDONYMS, SETTINGS, workspace.arrivals, workspace.private)
    return workspace


@pytest.fixture
def cold(work: Workspace) -> TrainingData:
    """What to learn from, before anything was counted."""
    shutil.rmtree(work.folder / "features", ignore_errors=True)
    return work.training_data(SETTINGS)


def _never(*_: object) -> ExampleFeatures:
    raise AssertionError("counted again")


def _drawn(data: TrainingData) -> dict[str, bytes]:
    facts = data.examples.features
    values = {field.name: getattr(facts, field.name) for field in fields(facts)}
    arrays = {f"facts {name}": np.asarray(value) for name, value in values.items()}
    for epoch in (0, 3):
        arrays |= {f"{name} {epoch}": array for name, array in data.examples.arrays(epoch).items()}
    return {
        name: f"{array.dtype} {array.shape} ".encode() + array.tobytes() for name, array in arrays.items()
    }


def test_examples_of_kept_facts_are_those_of_counted_ones_to_the_last_bit(
    cold: TrainingData, work: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    without = _drawn(replace(cold, cache=None))
    assert not (work.folder / "features").exists(), "no folder, no file"
    assert _drawn(cold) == without
    monkeypatch.setattr("training.features.examples.count_example_features", _never)
    warm = work.training_data(SETTINGS)
    assert _drawn(warm) == without
    assert type(warm.examples.features.day_old) is float
    # What is cut and drawn later is no other fact.
    other = SETTINGS.model_copy(update={"history_length": 8, "seed": 9, "batch_size": 100, "epochs": 2})
    assert work.training_data(other).examples.features.day_old == warm.examples.features.day_old


def test_another_half_life_other_orders_or_other_code_is_counted_anew(
    cold: TrainingData, work: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert cold.examples.features
    monkeypatch.setattr("training.features.examples.count_example_features", _never)
    half = SETTINGS.model_copy(update={"half_life_days": SETTINGS.half_life_days / 2})
    with pytest.raises(AssertionError, match="counted again"):
        assert work.training_data(half).examples.features
    fewer = cold.manifest.model_copy(update={"batches": cold.manifest.batches[:-1]})
    with pytest.raises(AssertionError, match="counted again"):
        assert replace(work.training_data(SETTINGS), manifest=fewer).examples.features
    monkeypatch.setattr("training.features.feature_cache.source_digest", lambda *_: "sha256:other")
    with pytest.raises(AssertionError, match="counted again"):
        assert work.training_data(SETTINGS).examples.features


def test_damaged_facts_are_told_in_one_line_and_counted_again(
    log_lines: list[str], cold: TrainingData, work: Workspace
) -> None:
    whole = _drawn(cold)
    (path,) = (work.folder / "features").iterdir()
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(bytes(content))
    assert _drawn(work.training_data(SETTINGS)) == whole
    assert log_lines == [f"{path} is damaged; it is made again"]
    assert path.exists()


@pytest.mark.long
def test_a_run_that_finds_features_and_windows_ends_with_the_bits_of_one_that_makes_them(
    log_lines: list[str],
    tmp_path: Path,
) -> None:
    source = Folder(write_shop(tmp_path / "orders", 90))
    work = Workspace.of(source.url, tmp_path / "work")

    def run(name: str) -> list[str]:
        log_lines.clear()
        out = tmp_path / name
        train_here(source, SMALL, PSEUDONYMS, tmp_path / "work", out, ranking=RANKING)
        return [line for line in log_lines if "window of" in line]

    def kept_files() -> dict[Path, int]:
        folders = (work.folder / "features", work.ranking)
        return {
            path: path.stat().st_ino for folder in folders for path in folder.rglob("*") if path.is_file()
        }

    lines = run("cold")
    assert lines
    assert not any("there already" in line for line in lines)
    files_made = kept_files()
    days = [path for path in files_made if path.parent == work.ranking / "days"]
    assert {path.suffix for path in days} == {".parquet", ".json"}
    assert len(files_made) == 1 + len(lines) + len(days)
    shutil.rmtree(work.folder / "checkpoints")
    lines = run("warm")
    assert all("there already" in line for line in lines)
    assert kept_files() == files_made, "nothing was made again"
    cold, warm = (read(tmp_path / name) for name in ("cold", "warm"))
    files = [{file.path: file.sha256 for file in manifest.files} for manifest in (cold, warm)]
    # A second model of one process has other names in its graph; what was learned is the same.
    assert {name for name in files[0] if files[0][name] != files[1][name]} <= {RANKER}
    assert _learned(tmp_path / "warm" / RANKER) == _learned(tmp_path / "cold" / RANKER)

    assert cold.versions["features"] == source_digest(*FEATURES)
    assert cold.pseudonym_key == PSEUDONYMS.key_id
    record = (tmp_path / "cold" / "ranker.json").read_text()
    assert f'"ranking_features": "{source_digest(*RANKING_FEATURES)}"' in record


def _learned(model: Path) -> list[bytes]:
    return sorted(
        numpy_helper.to_array(initializer).tobytes() for initializer in onnx.load(model).graph.initializer
    )
