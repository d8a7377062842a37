"""Features that were made once: a run that finds them ends with the same bits as one that does not."""

from __future__ import annotations

import shutil
from pathlib import Path

import onnx
import pytest
from onnx import numpy_helper

from isthmus.source_digest import source_digest
from tests.training.ranking.test_stage import PSEUDONYMS, RANKING, SMALL, write_shop
from training.digest_scopes import FEATURES, RANKING_FEATURES
from training.jobs.local.run import train_here
from training.operations.workspace import Workspace
from training.orders.source import Folder
from training.ranking.stage import RANKER
from training.release import read


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
    shards = [path for path in files_made if path.parent.parent == work.folder / "features"]
    assert len(shards) == SMALL.shards + 2
    assert len(files_made) == len(shards) + 1 + len(lines) + len(days)  # and the lock
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
