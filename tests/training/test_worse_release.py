"""A release that learned too little is refused by the job that validates, and by the command for people."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from typer.testing import CliRunner

from isthmus.cli.main import app
from isthmus.exit_codes import EXIT_REFUSED
from tests.training.conftest import client
from tests.training.shops import small_shop
from training import release as r
from training.job_runtime import Environment
from training.jobs import validate
from training.jobs.local.run import train_here
from training.orders.source import Folder
from training.settings import Gates, TrainingSettings
from training.transfer.bucket import BatchBucket
from training.transfer.folder import BatchFolder
from training.transfer.pseudonym import Pseudonyms
from training.transfer.run import transfer

KEY = "a key of the private site"
SETTINGS = TrainingSettings(
    hold_back_days=3, epochs=8, learning_rate=0.01, embedding_dim=8, history_length=16
)
"""Enough for a shop of 40 products."""
WORSE = SETTINGS.model_copy(update={"epochs": 1, "learning_rate": 1e-6, "embedding_dim": 4})


@dataclass(frozen=True)
class Shop:
    """Orders, and two releases of them."""

    orders: Path
    good: Path
    worse: Path


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    folder = tmp_path_factory.mktemp("shop")
    orders = small_shop(folder / "orders")
    for name, settings in (("good", SETTINGS), ("worse", WORSE)):
        train_here(
            Folder(orders), settings, Pseudonyms(KEY), folder / "work", folder / name,
            ranking=None,
        )  # fmt: skip
    return Shop(orders, folder / "good", folder / "worse")


def test_the_job_refuses_it_says_why_and_leaves_what_is_in_service(
    shop: Shop,
    tmp_path: Path,
    s3_url: str,
    bucket: Callable[[str], str],
    stand_in_aws: None,
    capsys: pytest.CaptureFixture[str],
    log_lines: list[str],
) -> None:
    s3 = client(s3_url)
    private = BatchBucket(bucket("private"), s3, server_checksums=False)
    settings = SETTINGS.model_copy(update={"orders_url": Folder(shop.orders).url})
    arrivals = BatchFolder(tmp_path / "arrivals")
    transfer(Folder(shop.orders), Pseudonyms(KEY), settings, arrivals, private)
    store = r.Store(bucket("releases"), s3)
    environment = Environment(
        {
            "TRAINING_SETTINGS": settings.model_dump_json(),
            "RELEASES_BUCKET": store.bucket,
            "PRIVATE_BUCKET": private.name,
            "SIGNING_KEY": r.new_key(),
            "PSEUDONYM_KEY": KEY,
            "ORDERS_ENDPOINT_URL": s3_url,
        }
    )
    good, worse = store.push(shop.good), store.push(shop.worse)
    store.set_candidate("train", good)
    assert validate.main(environment) == 0
    before = store.latest()
    assert before is not None
    assert before["digest"] == good

    store.set_candidate("train", worse)
    capsys.readouterr()
    log_lines.clear()
    assert validate.main(environment) == EXIT_REFUSED
    assert store.latest() == before
    assert store.signature(worse) is None
    refusal = capsys.readouterr().err
    rows = {line.split()[1]: line for line in log_lines if line.startswith("missed  ")}
    assert "max_recall_loss_to_service" in rows
    assert "in service: " in rows["max_recall_loss_to_service"]
    assert f"{worse} is refused" in refusal
    validation = store.validation(worse)
    assert validation is not None
    assert {gate["gate"] for gate in validation["gates"] if not gate["passed"]} == set(rows)
    for gate in validation["gates"]:
        assert gate["reached"] in "\n".join(log_lines)

    store.set_candidate("train", good)
    assert validate.main(environment) == 0, "what was refused leaves no trace on what is good"


def test_the_command_says_the_same_and_writes_the_report(
    shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PSEUDONYM_KEY", KEY)

    def judge(release: Path, *more: str) -> tuple[int, str]:
        arguments = ["release", "judge", str(release), "--orders", str(shop.orders), *more]
        result = CliRunner().invoke(app, [*arguments, "--report", str(tmp_path / "report")])
        return result.exit_code, result.output

    files = sorted(path.name for path in shop.worse.iterdir())
    code, output = judge(shop.worse, "--in-service", str(shop.good))
    assert code == EXIT_REFUSED
    assert "missed  max_recall_loss_to_service" in output
    assert "Refused" in (tmp_path / "report" / "report.html").read_text()
    assert sorted(path.name for path in shop.worse.iterdir()) == files
    code, output = judge(shop.good, "--in-service", str(shop.worse), "--gate", "min_coverage=0.5")
    assert code == 0
    assert "passed" in output
    code, output = judge(shop.good, "--gate", "min_coverage=1.0", "--gate", "min_customers=59")
    assert code == EXIT_REFUSED
    assert "missed  min_customers" in output


def test_the_scores_of_the_command_are_those_of_the_training(shop: Shop) -> None:
    validation = json.loads((shop.good / "validation.json").read_bytes())
    assert validation["scores"]["this release"]["all products"]["recall"] > 0.3
    assert Gates().max_recall_loss_to_service < 1, "a worse release is refused without any setting"
