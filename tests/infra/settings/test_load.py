"""Settings from the engine: what the engine hands over is what the file says."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pulumi
import pytest
from pulumi.runtime import config as engine

from infra.settings import Settings, SettingsError, load, read
from infra.settings.stack_file import read_stack_file

ROOT = Path(__file__).parents[3]
HandOver = Callable[..., None]


@pytest.fixture
def as_the_engine(monkeypatch: pytest.MonkeyPatch) -> Iterator[HandOver]:
    """Hand a stack's configuration over as the engine does: JSON texts, by key."""
    before, secret = dict(engine.CONFIG.get()), list(engine._SECRET_KEYS.get())

    def hand_over(stack: str, values: dict[str, object], secret_keys: list[str] | None = None) -> None:
        monkeypatch.setattr(pulumi, "get_stack", lambda: stack)
        texts = {k: v if isinstance(v, str) else json.dumps(v) for k, v in values.items()}
        pulumi.runtime.set_all_config(texts, secret_keys or [])

    yield hand_over
    pulumi.runtime.set_all_config(before, secret)


@pytest.mark.parametrize("stack", ["local", "dev", "staging", "prod"])
def test_the_engine_and_the_file_give_the_same(stack: str, as_the_engine: HandOver) -> None:
    path = ROOT / "stacks" / f"Pulumi.{stack}.yaml"
    as_the_engine(stack, read_stack_file(path, path.name).config)
    assert load() == read(path)
    assert isinstance(load(), Settings)


def test_a_refusal_is_a_run_error_with_the_sentence(as_the_engine: HandOver) -> None:
    path = ROOT / "stacks" / "Pulumi.dev.yaml"
    values = dict(read_stack_file(path, path.name).config)
    values["isthmus:budget"] = {"usd_per_month": -1}
    as_the_engine("dev", values)
    with pytest.raises(pulumi.RunError, match=r"^stacks/Pulumi\.dev\.yaml: budget\.usd_per_month: is -1"):
        load()


def test_a_provider_key_is_seen(as_the_engine: HandOver) -> None:
    path = ROOT / "stacks" / "Pulumi.dev.yaml"
    as_the_engine("dev", {**read_stack_file(path, path.name).config, "aws:region": "us-east-1"})
    with pytest.raises(pulumi.RunError, match="aws:region: would go round"):
        load()


def test_an_encrypted_value_is_open_for_the_program_and_closed_for_a_reader(
    tmp_path: Path,
    as_the_engine: HandOver,
) -> None:
    file = tmp_path / "Pulumi.dev.yaml"
    text = (Path(__file__).parent / "good.yaml").read_text(encoding="utf-8")
    text += "  isthmus:budget: { usd_per_month: 10, alert_emails: [{ secure: 'v1:abc' }] }\n"
    file.write_text(text, encoding="utf-8")
    assert read(file).budget.alert_emails == ()
    values = dict(read_stack_file(file, file.name).config)
    values["isthmus:budget"] = {"usd_per_month": 10, "alert_emails": ["me@example.org"]}
    as_the_engine("dev", values, ["isthmus:budget"])
    assert load().budget.alert_emails == ("me@example.org",)


def test_a_day_without_quotes(tmp_path: Path, as_the_engine: HandOver) -> None:
    file = tmp_path / "Pulumi.dev.yaml"
    text = (Path(__file__).parent / "good.yaml").read_text(encoding="utf-8")
    file.write_text(text + "  isthmus:training: { window: { first_day: 2011-09-01 } }\n", encoding="utf-8")
    assert read(file).training.window.first_day == date(2011, 9, 1)
    values = dict(read_stack_file(file, file.name).config)
    # What CLI 3.259.0 hands over for a day without quotes.
    values["isthmus:training"] = {"window": {"first_day": "2011-09-01 00:00:00 +0000 UTC"}}
    as_the_engine("dev", values)
    assert load().training.window.first_day == date(2011, 9, 1)


def test_scalars_are_read_as_the_engine_reads_them(tmp_path: Path) -> None:
    file = tmp_path / "Pulumi.dev.yaml"
    file.write_text(
        "config:\n  a:b: { 'yes': 'yes', 'n': 12, o: '012', x: 1000, f: 5.0, e: 1e-3, t: true, nil: ~ }\n",
        encoding="utf-8",
    )
    assert read_stack_file(file, "f").config["a:b"] == {
        "yes": "yes",
        "n": 12,
        "o": "012",
        "x": 1000,
        "f": 5,
        "e": 0.001,
        "t": True,
        "nil": None,
    }


@pytest.mark.parametrize("word", ["yes: 1", "a: yes", "a: 012", "a: 1_000", "a: 12:30:45", "a: 0o12"])
def test_what_readers_take_differently_is_refused_in_the_settings_words(tmp_path: Path, word: str) -> None:
    file = tmp_path / "Pulumi.dev.yaml"
    file.write_text(f"config:\n  isthmus:aws:\n    {word}\n", encoding="utf-8")
    with pytest.raises(SettingsError, match=r"^Pulumi\.dev\.yaml: aws.*line 3, column .* quotes\.$"):
        read_stack_file(file, file.name)


@pytest.mark.parametrize("text", ["12e45", "2026-11-24", "093116", "0x1F", "1.10"])
def test_a_text_that_is_none_without_quotes_is_refused_as_it_is_written(tmp_path: Path, text: str) -> None:
    file = tmp_path / "Pulumi.dev.yaml"
    good = (Path(__file__).parent / "good.yaml").read_text(encoding="utf-8")
    file.write_text(f"{good}  isthmus:training: {{ orders_version: {text} }}\n", encoding="utf-8")
    with pytest.raises(SettingsError) as caught:
        read(file)
    (sentence,) = str(caught.value).splitlines()
    assert "training.orders_version" in sentence
    assert text in sentence
    assert "quotes" in sentence
    file.write_text(f'{good}  isthmus:training: {{ orders_version: "{text}" }}\n', encoding="utf-8")
    assert read(file).training.orders_version == text


def test_settings_import_neither_pulumi_nor_tensorflow() -> None:
    heavy = "('pulumi', 'tensorflow', 'boto3', 'hypothesis')"
    code = f"import sys, infra.settings; print([name for name in {heavy} if name in sys.modules])"
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert answer.stdout.strip() == "[]"
