"""The job that adds the ranking stage, against a real S3 server."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest

from tests.training.conftest import client
from tests.training.ranking.shop import rows
from tests.training.ranking.test_stage import PSEUDONYMS, RANKING, SMALL, write_shop
from training.errors import TrainingError
from training.job_runtime import Environment
from training.jobs.local.run import train_here
from training.jobs.rank import main
from training.orders.source import Folder
from training.ranking.settings import RankingSettings
from training.ranking.stage import RECORD, first_day_after
from training.release import Store, read
from training.release.ranked import RANKED
from training.settings import TrainingSettings

KEY = "a key of the private site"
Run = Callable[..., Store]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A folder of orders, and a release without a ranking stage that learned from them."""
    folder = tmp_path_factory.mktemp("rank")
    orders = write_shop(folder / "orders", 90)
    train_here(Folder(orders), SMALL, PSEUDONYMS, folder / "work", folder / "release", ranking=None)
    return orders, folder / "release"


@pytest.fixture
def rank(
    trained: tuple[Path, Path],
    bucket: Callable[[str], str],
    s3_url: str,
    stand_in_aws: None,
) -> Run:
    """Runs the job on a bucket in which the release waits as ``train-1``."""
    store = Store(bucket("releases"), client(s3_url))
    orders, release = trained
    store.set_candidate("train-1", store.push(release))

    def run(
        settings: TrainingSettings = SMALL,
        ranking: RankingSettings = RANKING,
        candidate: str = "train-1",
        **more: str,
    ) -> Store:
        settings_of_job = settings.model_copy(update={"orders_url": orders.as_uri() + "/"})
        environment = Environment(
            {
                "TRAINING_SETTINGS": settings_of_job.model_dump_json(),
                "RELEASES_BUCKET": store.bucket,
                "CANDIDATE": candidate,
                "RANKED_CANDIDATE": "rank-1",
                "PSEUDONYM_KEY": KEY,
                **more,
            }
        )
        assert main(environment, ranking) == 0
        return store

    return run


def test_a_candidate_gets_its_ranking_stage_once(
    rank: Run, tmp_path: Path, log_lines: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    store = rank()
    before, after = store.candidate("train-1"), store.candidate("rank-1")
    assert before is not None
    assert after is not None
    assert after["digest"] != before["digest"]
    release = store.pull(after["digest"], tmp_path)
    assert {RECORD, RANKED} <= {file.path for file in read(release).files}
    # What was trained is in it as it was: the stage adds files, and changes none.
    assert set(store.manifest(before["digest"]).files) <= set(read(release).files)

    def never(*_: object) -> None:
        raise AssertionError("a second run must find the result of the first")

    monkeypatch.setattr("training.jobs.rank.add_ranking", never)
    log_lines.clear()
    rank()
    assert store.candidate("rank-1") == after
    assert "nothing to do" in "\n".join(log_lines)


def test_a_job_that_was_stopped_goes_on_with_the_windows_in_its_work_folder(
    rank: Run, tmp_path: Path, log_lines: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("training.ranking.train._gather", stop)
        with pytest.raises(KeyboardInterrupt):
            rank(WORK=str(tmp_path))
    printed = "\n".join(log_lines)
    log_lines.clear()
    assert "candidates" in printed
    assert "there already" not in printed
    assert rank(WORK=str(tmp_path)).candidate("rank-1") is not None
    windows = [line for line in log_lines if "window of" in line]
    assert windows
    assert all("there already" in line for line in windows)


def test_it_learns_from_no_day_after_the_release_though_new_days_have_come(
    rank: Run, trained: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    received: list[TrainingSettings] = []

    def note(release: Path, source: Folder, settings: TrainingSettings, *_: object) -> None:
        received.append(settings)

    monkeypatch.setattr("training.jobs.rank.add_ranking", note)
    monkeypatch.setattr(Folder, "days", lambda _: [date(2020, 1, 1), date(2020, 12, 31)])
    rank()
    (settings,) = received
    last = read(trained[1]).window.last_day
    assert first_day_after(Folder(trained[0]), settings) == last + timedelta(days=1)
    assert last.toordinal() < rows(90)["day"].max()


def test_with_too_few_days_the_candidate_goes_on_as_it_is(rank: Run, log_lines: list[str]) -> None:
    store = rank(ranking=None)  # the defaults need 132 days
    before, after = store.candidate("train-1"), store.candidate("rank-1")
    assert before is not None
    assert after is not None
    assert after["digest"] == before["digest"]
    assert "no ranking stage" in "\n".join(log_lines)


def test_without_a_candidate_it_says_what_to_run_first(rank: Run) -> None:
    with pytest.raises(TrainingError, match=r"candidates/train-2\.json is not there; run the training"):
        rank(candidate="train-2")
