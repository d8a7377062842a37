"""``isthmus transfer``, as a person runs it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from isthmus.cli.main import app
from tests.training.conftest import REGION, client, keys
from tests.training.shops import small_shop
from training.transfer.manifest import MANIFEST_KEY


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., Result]:
    monkeypatch.setenv("PSEUDONYM_KEY", "2026-11:a key of the private site")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("COLUMNS", "200")
    orders = small_shop(tmp_path / "orders", days=6, customers=6)

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(app, ["transfer", "--orders", str(orders), *arguments])

    return run


def test_dry_run_then_transfer_then_nothing_left_to_do(run: Callable[..., Result], tmp_path: Path) -> None:
    arrivals = tmp_path / "arrivals"
    dry = run("--to", str(arrivals), "--dry-run", "--hold-back-days", "2")
    assert dry.exit_code == 0, dry.output
    assert not arrivals.exists()
    assert "6 batches would be sent" in dry.stdout
    assert "would send" in dry.stdout
    # Without a terminal: whole lines, of which none says that something was sent.
    lines = dry.stderr.splitlines()
    assert any(line.startswith("send: 4 of 4, ") and "would be sent" in line for line in lines), lines
    assert not any("━" in line or " sent: " in line.replace("would be sent: ", "") for line in lines), lines
    done = run("--to", str(arrivals), "--hold-back-days", "2", "--bandwidth", "50M")
    assert done.exit_code == 0, done.output
    assert "6 batches sent" in done.stdout
    assert "key 2026-11" in done.stdout
    assert len(list(arrivals.rglob("*.parquet"))) == 4
    assert "a key of the private site" not in done.output
    again = run("--to", str(arrivals), "--hold-back-days", "2")
    assert "0 batches sent (0 bytes), 6 were there" in again.stdout


def test_to_a_bucket_with_the_private_rows_in_another(
    run: Callable[..., Result], s3_url: str, bucket: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {
        "AWS_ENDPOINT_URL": s3_url,
        "ORDERS_ENDPOINT_URL": s3_url,
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": "rehearsal",
        "AWS_SECRET_ACCESS_KEY": "rehearsal",
    }.items():
        monkeypatch.setenv(name, value)
    arrivals, private, s3 = bucket("arrivals"), bucket("private"), client(s3_url)
    done = run("--to", f"s3://{arrivals}", "--private", f"s3://{private}", "--hold-back-days", "2")
    assert done.exit_code == 0, done.output
    assert len(keys(s3, arrivals)) == 4 + 1
    assert MANIFEST_KEY in keys(s3, arrivals)
    assert {key.split("/")[0] for key in keys(s3, private)} == {"held-back", "rejects"}


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--to", "s3://bucket/prefix/"), "name a folder or s3://BUCKET"),
        (("--to", "ftp://host"), "name a folder or s3://BUCKET"),
        (("--to", "x", "--bandwidth", "fast"), "such as 500k, 20M or 1G"),
        (("--to", "x", "--bandwidth", "5"), "at least 1024"),
    ],
)
def test_what_makes_no_sense_is_a_sentence(
    run: Callable[..., Result], arguments: tuple[str, ...], says: str
) -> None:
    refused = run(*arguments)
    assert refused.exit_code != 0
    assert says in (refused.output + str(refused.exception))
