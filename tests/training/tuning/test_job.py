"""The search as pods of a Job: a journal that several write, an index that is killed, the best for a PR."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psutil
import pytest
import yaml

from isthmus.object_store import Bucket
from tests.training.conftest import REGION, client, keys
from tests.training.shops import small_shop
from tests.training.tuning.test_tuning import BASE, RANGES
from training.operations.tuning.journal import BucketJournal
from training.operations.tuning.run import for_tuning
from training.operations.tuning.shared import BEST, Shared
from training.operations.tuning.study import Study
from training.orders.source import Folder
from training.settings import TrainingSettings
from training.transfer.bucket import BatchBucket
from training.transfer.folder import BatchFolder
from training.transfer.pseudonym import Pseudonyms
from training.transfer.run import transfer

COMMAND = "from tests.training.tuning.test_job import tune; tune()"
TRIALS = 3
KEY = Pseudonyms("a key of the private site")


def tune() -> None:
    """The job, with ranges of a small model."""
    from training.job_runtime import run_job
    from training.jobs.tune import main

    run_job(lambda environment: main(environment, RANGES))


def test_all_writers_of_a_journal_see_the_same_entries_in_the_same_order(
    bucket: Callable[[str], str], s3_url: str
) -> None:
    name = bucket("releases")
    journals = [BucketJournal(Bucket(name, client(s3_url), "study/journal/")) for _ in range(4)]

    def write(writer: int) -> None:
        for number in range(6):
            journals[writer].append_logs([{"writer": writer, "number": number}])

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(4)))
    read = [list(journal.read_logs(0)) for journal in journals]
    assert len(read[0]) == 24
    assert all(entries == read[0] for entries in read)
    for writer in range(4):
        assert [entry["number"] for entry in read[0] if entry["writer"] == writer] == list(range(6))
    assert list(BucketJournal(Bucket(name, client(s3_url), "study/journal/")).read_logs(20)) == read[0][20:]


def test_a_put_whose_answer_was_lost_is_one_entry(bucket: Callable[[str], str], s3_url: str) -> None:
    class Retrying:
        """A client that writes, hears nothing, and writes again, as boto3 does."""

        def __init__(self, inner: Any) -> None:
            self.inner = inner

        def __getattr__(self, name: str) -> Any:
            return getattr(self.inner, name)

        def put_object(self, **arguments: Any) -> Any:
            self.inner.put_object(**arguments)
            return self.inner.put_object(**arguments)

    name = bucket("releases")
    journal = BucketJournal(Bucket(name, Retrying(client(s3_url)), "journal/"))
    for number in range(3):
        journal.append_logs([{"number": number}])
    assert [entry["number"] for entry in journal.read_logs(0)] == [0, 1, 2]
    assert len(keys(client(s3_url), name)) == 3


@pytest.mark.parametrize("kept_in", ["folder", "database"])
def test_one_trial_too_many_is_taken_back_and_only_an_owner_gives_up_its_trials(
    kept_in: str, tmp_path: Path
) -> None:
    from training.operations.workspace import Workspace

    source = Folder(small_shop(tmp_path / "orders", days=6, customers=10))
    work = Workspace(tmp_path / "work")
    settings = for_tuning(BASE, source.days(), None, 1)
    transfer(source, KEY, settings, work.arrivals, work.private)
    url = f"sqlite:///{tmp_path / 'trials.db'}" if kept_in == "database" else None
    place = str(tmp_path / "shared")
    study_0, study_1 = (Study(work, settings, RANGES, Shared(index, place, url)) for index in (0, 1))
    study_0.recover()
    first, second, third = study_0.ask(), study_1.ask(), study_0.ask()
    assert first.settings.learning_rate == BASE.learning_rate, "the defaults are tried first"
    assert [
        study.withdraw_surplus(trial.number, 2) for study, trial in ((study_0, first), (study_1, second))
    ] == [
        False,
        False,
    ]
    assert study_0.withdraw_surplus(third.number, 2)
    assert study_1.count() == study_0.count() == 2
    second.report(1, 0.5)
    assert study_0.recover() == [first.number], "the trial of the other index is not touched"
    again = study_1.ask()
    assert again.settings == first.settings, "any index takes a lost trial up"
    assert study_1.checkpoints_of(again.number) == study_0.checkpoints_of(first.number)


@pytest.fixture
def pods(bucket: Callable[[str], str], s3_url: str, tmp_path: Path) -> Iterator[Callable[[int], Any]]:
    """Starts an index of the Job on buckets with transferred orders."""
    arrivals, releases = bucket("arrivals"), bucket("releases")
    source = Folder(small_shop(tmp_path / "orders", days=12, customers=30))
    settings = TrainingSettings(history_length=16, embedding_dim=8, learning_rate=0.005, hold_back_days=2)
    to = BatchBucket(arrivals, client(s3_url), True)
    transfer(
        source,
        KEY,
        settings,
        to,
        BatchFolder(tmp_path / "private"),
    )
    started: list[subprocess.Popen[bytes]] = []

    def start(index: int) -> subprocess.Popen[bytes]:
        own = tmp_path / f"pod-{len(started)}"
        own.mkdir()
        log = (own / "log").open("wb")
        environment = {
            **os.environ,
            "AWS_ENDPOINT_URL": s3_url,
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ACCESS_KEY_ID": "rehearsal",
            "AWS_SECRET_ACCESS_KEY": "rehearsal",
            "TMPDIR": str(own),
            "PYTHONPATH": str(Path(__file__).parents[3]),
            "ARRIVALS_BUCKET": arrivals,
            "TUNING_URL": f"s3://{releases}/tuning",
            "TRAINING_SETTINGS": settings.model_dump_json(),
            "TUNING_SETTINGS": f'{{"trials": {TRIALS}, "epochs": 2}}',
            "JOB_COMPLETION_INDEX": str(index),
        }
        pod = subprocess.Popen([sys.executable, "-c", COMMAND], env=environment, stdout=log, stderr=log)
        pod.args = str(own / "log")
        started.append(pod)
        return pod

    start.releases = releases  # type: ignore[attr-defined]
    yield start
    for pod in started:
        pod.kill()


@pytest.mark.long
def test_a_killed_index_goes_on_where_it_was_and_the_best_settings_can_be_fetched(
    pods: Any, s3_url: str, tmp_path: Path
) -> None:
    s3, releases = client(s3_url), pods.releases
    both = [pods(0), pods(1)]
    deadline = time.monotonic() + 300
    while not any("/checkpoints/0000/" in key for key in keys(s3, releases)):
        assert time.monotonic() < deadline
        assert both[0].poll() is None, Path(both[0].args).read_text()
        time.sleep(0.1)
    children = psutil.Process(both[0].pid).children()
    both[0].send_signal(signal.SIGKILL)
    both[0].wait()
    psutil.wait_procs(children, timeout=30)
    both.append(pods(0))
    for pod in both[1:]:
        assert pod.wait(timeout=300) == 0, Path(pod.args).read_text()

    output = Path(both[2].args).read_text()
    assert "was left running by a killed process" in output
    assert not [key for key in keys(s3, releases) if "/checkpoints/" in key]
    trials = [
        line
        for pod in both
        for line in Path(pod.args).read_text().splitlines()
        if "recall@20" in line and line.startswith("trial ") and "best" not in line
    ]
    assert len(trials) == TRIALS, trials
    out = tmp_path / BEST
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "isthmus.cli.main",
            "tune",
            "--fetch",
            "--bucket",
            releases,
            "--out",
            str(out),
        ],
        env={
            **os.environ,
            "AWS_ENDPOINT_URL": s3_url,
            "AWS_REGION": REGION,
            "AWS_ACCESS_KEY_ID": "rehearsal",
            "AWS_SECRET_ACCESS_KEY": "rehearsal",
        },
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    tuned = yaml.safe_load(out.read_text())["config"]["isthmus:training"]
    assert set(tuned) == {*RANGES.searched(), "epochs"}
