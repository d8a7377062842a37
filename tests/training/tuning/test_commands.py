"""``isthmus tune``, ``train --settings`` and ``release compare`` as a person types them."""

from __future__ import annotations

import gzip
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml

from isthmus.errors import WRONG_DATA
from tests.training.shops import small_shop
from training.release import read


class Shell:
    """A folder to work in, and the environment of a user of their own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = {
            **os.environ,
            "HOME": str(folder),
            "XDG_CACHE_HOME": str(folder / "cache"),
            "PSEUDONYM_KEY": "a key of the private site",
            "COLUMNS": "200",
            "PYTHONPATH": str(Path(__file__).parents[3]),
        }

    def start(self, *words: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "isthmus.cli.main", *words],
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, *words: str, ends: int = 0) -> str:
        started = self.start(*words)
        output, _ = started.communicate(timeout=400)
        assert started.returncode == ends, output
        assert "Traceback" not in output, output
        return output


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path)


@pytest.mark.long
def test_a_killed_tune_goes_on_and_what_it_finds_is_trained_and_can_be_made_again(shell: Shell) -> None:
    orders = small_shop(shell.folder / "orders", days=10, customers=16)
    tune = ("tune", "--orders", "orders", "--trials", "2", "--epochs", "2", "--held-back", "2")
    first = shell.start(*tune)
    deadline = time.monotonic() + 240
    while not list(shell.folder.glob("cache/**/trial-0000/checkpoints/*/latest.json")):
        assert first.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.05)
    first.send_signal(signal.SIGKILL)
    first.communicate()
    assert not (shell.folder / "tuned.yaml").exists()

    output = shell.run(*tune)
    assert "trial 0 was left running by a killed process" in output
    assert "1 of 2 trials were begun" in output
    assert re.search(r"^ *0 +lost", output, re.MULTILINE)
    assert "retry of 0" in output
    tuned = yaml.safe_load((shell.folder / "tuned.yaml").read_text())["config"]["isthmus:training"]

    shell.run("train", "--settings", "tuned.yaml", "--orders", "orders")
    settings = read(shell.folder / "release").settings
    assert {name: settings[name] for name in tuned} == tuned

    same = shell.run("release", "compare", "release", "--orders", "orders")
    assert "makes sha256:" in same
    oldest = gzip.decompress(min(orders.iterdir()).read_bytes())
    (orders / "2011-08-31.csv.gz").write_bytes(gzip.compress(oldest.replace(b"2011-09-01", b"2011-08-31")))
    differs = shell.run("release", "compare", "release", "--orders", "orders", ends=1)
    assert "orders" in differs


def test_settings_of_a_stack_file_are_read_and_what_is_wrong_is_named(shell: Shell) -> None:
    small_shop(shell.folder / "orders", days=4, customers=2)
    stack = shell.folder / "Pulumi.dev.yaml"
    section = {"enabled": True, "pool": "training", "orders_version": "7", "epochs": 0, "seeds": 1}
    stack.write_text(yaml.safe_dump({"config": {"isthmus:training": section}}))
    output = shell.run("train", "--settings", stack.name, "--orders", "orders", ends=WRONG_DATA)
    assert "Pulumi.dev.yaml: training.epochs: is 0; allowed is a whole number from 1 to 1000." in output
    assert "training.seeds: is not a known key; did you mean seed?" in output

    stack.write_text("config: {}\n")
    output = shell.run("train", "--settings", stack.name, "--orders", "orders", ends=1)
    assert "has no section config: isthmus:training" in output


def test_options_are_over_the_file(tmp_path: Path) -> None:
    from isthmus.cli.settings_file import training_settings

    root = Path(__file__).parents[3]
    for stack in ("local", "dev", "staging", "prod"):
        path = root / "stacks" / f"Pulumi.{stack}.yaml"
        file = yaml.safe_load(path.read_text())["config"]["isthmus:training"]
        settings = training_settings(path, seed=5, epochs=None)
        assert settings.seed == 5
        assert settings.epochs == file.get("epochs", 4)
        assert settings.pool is None
