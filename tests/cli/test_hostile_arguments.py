"""Every command with arguments that are not what they should be: a sentence of ours, and nothing written."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from isthmus import os_errors
from isthmus.cli.main import app
from isthmus.errors import IsthmusError
from tests.serving.small_release import make
from tests.training.shops import small_shop
from training.job_runtime import Environment, run_job
from training.release import describe, read, write

FILES = {
    "file": b"mine",
    "empty": b"",
    "garbage": bytes(range(256)),
    "cut.yaml": b"config: {isthmus:training: [",
    "latin.yaml": "config: {isthmus:training: {pool: \xe9}}".encode("latin-1"),
    "number.yaml": b"config: 7",
    "list.yaml": b"- 1",
    "nul.yaml": b"\0",
    "full/mine": b"mine",
    "cut-orders/2011-09-01.csv.gz": b"\x1f\x8bcut",
    "no-orders/mine": b"",
    "odd-orders/2011-13-45.csv.gz": b"",
}
LONG = "n" * 300
NO_FOLDERS = ["file", "empty", "garbage", "missing", "round", "nowhere", "file/inside", LONG]
NO_ORDERS = [*NO_FOLDERS, "no-orders", "odd-orders", "s3://", "http://store/", "gopher:"]
NO_TARGETS = [
    "file",
    "garbage",
    "nowhere",
    "round",
    "round/inside",
    "file/inside",
    LONG,
    "/dev/null",
]
NO_SETTINGS = [
    "file",
    "empty",
    "garbage",
    "cut.yaml",
    "latin.yaml",
    "number.yaml",
    "list.yaml",
    "nul.yaml",
    "full",
]
NO_RELEASES = [*NO_FOLDERS, "no-orders", "sha256:7", "no-manifest", "cut-manifest", "no-file", "cut-file"]
SEALED = ["odd-items", "odd-customers", "odd-popular"]
NOTHING_THERE = ["s3://nosuch/orders/", "s3://No_Name/", "s3://nosuch"]

CASES = [
    *(["train", "--orders", x] for x in NO_ORDERS if ":" not in x),
    *(["tune", "--orders", x] for x in NO_ORDERS if ":" not in x),
    *(["release", "drift", "release", "--orders", x] for x in NO_ORDERS if ":" not in x),
    *(["release", "judge", "release", "--orders", x] for x in NO_ORDERS if ":" not in x),
    *(["release", "compare", "release", "--orders", x] for x in NO_ORDERS if ":" not in x),
    *(["recommend", "--all", "--json", "--url", "grpc://127.0.0.1:9", "--orders", x] for x in NO_ORDERS[:5]),
    *(["transfer", "--to", "new", "--orders", x] for x in [*NO_ORDERS, *NOTHING_THERE, "cut-orders"]),
    *(
        ["transfer", "--orders", "orders", "--to", x]
        for x in [*NO_TARGETS, "/proc/x", "http://store", "file://host/x"]
    ),
    *(["transfer", "--orders", "orders", "--to", x] for x in ["s3://nosuch", "s3://nosuch/prefix", "s3://"]),
    *(["transfer", "--orders", "orders", "--to", "new", "--private", x] for x in NO_TARGETS),
    *(["train", "--orders", "orders", "--out", x] for x in [*NO_TARGETS, "full", ".", ".."]),
    *(["tune", "--orders", "orders", "--out", x] for x in [*NO_TARGETS[:2], *NO_TARGETS[4:], "full"]),
    *(["release", "judge", "release", "--orders", "orders", "--report", x] for x in NO_TARGETS),
    *(["recommend", "13000", "--release", "release", "--out", x] for x in ["full", *NO_TARGETS[4:]]),
    *(["train", "--orders", "orders", "--settings", x] for x in NO_SETTINGS),
    *(["tune", "--orders", "orders", "--settings", x] for x in NO_SETTINGS),
    *(["release", "drift", "release", "--orders", "orders", "--settings", x] for x in NO_SETTINGS),
    *(["release", "judge", "release", "--orders", "orders", "--gates", x] for x in NO_SETTINGS),
    *(["release", "verify", x] for x in NO_RELEASES),
    *(["release", "show", x] for x in NO_RELEASES if x not in ("no-file", "cut-file")),
    *(["release", "compare", x] for x in NO_RELEASES if x not in ("no-file", "cut-file")),
    *(["release", "judge", x, "--orders", "orders"] for x in NO_RELEASES),
    *(["release", "drift", x, "--orders", "orders"] for x in NO_RELEASES),
    *(["recommend", "13000", "--release", x] for x in [*NO_RELEASES, *SEALED]),
    *(["release", "show", x] for x in ("odd-scores", "cut-scores")),
    *(["release", "drift", x, "--orders", "orders"] for x in ("odd-scores", "cut-scores")),
    *(["release", "list", "--bucket", x] for x in ("nosuch", "no bucket", "")),
    ["tune", "--fetch", "--bucket", "nosuch"],
    ["train", "--orders", "orders", "--signing-key", "abc"],
    ["release", "verify", "release", "--trusted-keys", "abc"],
    ["recommend", "13000", "--url", "http://127.0.0.1:9"],
    ["recommend", "13000", "--url", "nowhere"],
    ["preview", "nosuch"],
]


def _digest(folder: Path) -> dict[str, str]:
    """Every file, folder and link below, with what is in it."""
    return {
        str(path): hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
        for path in sorted(folder.rglob("*"))
    }


@pytest.fixture(scope="module")
def _things(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with all that the cases name."""
    root = tmp_path_factory.mktemp("hostile")
    for name, content in FILES.items():
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_bytes(content)
    (root / "round").symlink_to("round")
    (root / "nowhere").symlink_to("gone")
    small_shop(root / "orders", days=6, customers=4)
    make(root / "release")

    def broken(name: str) -> Path:
        return Path(shutil.copytree(root / "release", root / name))

    (broken("no-manifest") / "manifest.json").unlink()
    _cut(broken("cut-manifest") / "manifest.json")
    (broken("no-file") / "items.json").unlink()
    _cut(broken("cut-file") / "items.json")
    (broken("odd-scores") / "validation.json").write_text('{"scores": {"this release": 7}}')
    (broken("cut-scores") / "validation.json").write_text('{"scores": ')
    for name, content in (("items.json", b"[{}]"), ("customers.parquet", b"PAR1"), ("popular.json", b"7")):
        folder = broken(f"odd-{name.partition('.')[0]}")
        (folder / name).write_bytes(content)
        write(folder, read(folder).model_copy(update={"files": describe(folder)}))  # sealed all the same
    return root


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


@pytest.fixture
def here(_things: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder to be in, with homes of its own and a store at which nothing answers."""
    monkeypatch.chdir(_things)
    monkeypatch.setattr("boto3.DEFAULT_SESSION", None)
    for name in [name for name in os.environ if name.startswith(("AWS_", "ORDERS_", "ISTHMUS_"))]:
        monkeypatch.delenv(name)
    for name, value in {
        "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
        "AWS_REGION": "eu-west-1",
        "AWS_ACCESS_KEY_ID": "a",
        "AWS_SECRET_ACCESS_KEY": "b",
        "AWS_MAX_ATTEMPTS": "1",
        "PSEUDONYM_KEY": "a key of the private site",
        "ISTHMUS_HOME": str(tmp_path / "home"),
        **{f"XDG_{kind}_HOME": str(tmp_path / kind) for kind in ("CACHE", "CONFIG", "DATA")},
    }.items():
        monkeypatch.setenv(name, value)
    return _things


@pytest.mark.parametrize("arguments", CASES, ids=" ".join)
def test_a_hostile_argument_is_a_sentence_and_writes_nothing(arguments: list[str], here: Path) -> None:
    before = _digest(here)
    answer = CliRunner().invoke(app, arguments)
    error = answer.exception
    if isinstance(error, SystemExit):  # typer's own refusal, or the list of what `settings` finds
        assert answer.exit_code not in (0, None), answer.output
        assert "Error" in answer.output or "isthmus: " in answer.output
    else:
        assert isinstance(error, IsthmusError | OSError), repr(error)
        ours = os_errors.as_ours(error)
        assert ours is not None, repr(error)
        assert str(ours).strip()
    assert "Traceback" not in answer.output
    assert _digest(here) == before


@pytest.mark.parametrize("number", [*os_errors._FOR_NOW, *os_errors._FOR_GOOD], ids=errno.errorcode.get)
def test_what_the_machine_refuses_is_a_sentence_that_names_the_place(
    number: int, capfd: pytest.CaptureFixture[str]
) -> None:
    def job(_: Environment) -> int:
        raise OSError(number, os.strerror(number), "/somewhere/file")

    with pytest.raises(SystemExit) as left:
        run_job(job)
    assert left.value.code in (1, 64)
    assert capfd.readouterr().err.startswith("isthmus: /somewhere/file: ")


def test_a_disk_that_fills_up_leaves_no_half_of_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from isthmus.atomic_files import atomic_write

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    (tmp_path / "file").write_text("good")
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(IsthmusError, match="the disk is full; make room"):
        atomic_write(tmp_path / "file", b"better")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
    assert (tmp_path / "file").read_text() == "good"
