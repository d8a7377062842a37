"""The estate embeds the models of the training: one key, one meaning, one sentence, wherever it is read."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import BaseModel

from infra.settings import SettingsError
from infra.settings.checking import check
from infra.settings.keys import keys, values
from infra.settings.training import StackRetraining, StackTraining, StackTuning
from isthmus.cli.commands.release_drift import _thresholds
from isthmus.cli.commands.release_judge import _gates
from isthmus.cli.settings_file import training_settings
from isthmus.errors import WRONG_DATA
from isthmus.settings.section import Section
from isthmus.settings.validation import validate
from tests.infra.settings.test_sentences import put
from training.operations.drift import settings as drift
from training.operations.tuning import settings as tuning
from training.orders import settings as orders
from training.settings import TrainingSection, parse

HEAVY = ("numpy", "pandas", "pyarrow", "botocore", "cryptography", "tensorflow", "optuna", "onnx", "pulumi")
PAIRS: dict[str, tuple[type[Section], type[Section]]] = {
    "training": (StackTraining, TrainingSection),
    "training.tuning": (StackTuning, tuning.TuningSettings),
    "training.retrain": (StackRetraining, drift.DriftSettings),
}
OTHER_RULES = {
    "training.orders_url",
    "training.hold_back_days",
    "training.transfer.part_bytes",
    "training.tuning.storage_url",
}
"""Keys of which a stack takes less than a laptop does."""


def refusal(model: type[Section], section: str, key: str, value: Any) -> list[str]:
    content: dict[str, Any] = {}
    inner = content
    *parts, last = key.removeprefix(f"{section}.").split(".")
    for part in parts:
        inner = inner.setdefault(part, {})
    inner[last] = value
    with pytest.raises(SettingsError) as refused:
        validate(model, content, "f", section)
    return str(refused.value).splitlines()


def shared() -> list[tuple[str, str]]:
    """Each section with each key that both a stack and a run read."""
    return [(section, f"{section}.{key}") for section, (_, run) in PAIRS.items() for key in keys(run)]


@pytest.mark.parametrize(("section", "key"), shared(), ids=[key for _, key in shared()])
@pytest.mark.parametrize("value", [[], "x" * 99, -1e30])
def test_a_wrong_value_has_the_same_sentence_in_a_stack_file_and_in_a_job(
    section: str, key: str, value: Any
) -> None:
    if key in OTHER_RULES and value != []:
        return
    with pytest.raises(SettingsError) as caught:
        check("f", "dev", put(key, value))
    stack_file = str(caught.value).splitlines()
    run = refusal(PAIRS[section][1], section, key, value)
    if key in OTHER_RULES:
        assert [line.split(";")[0] for line in run] == [line.split(";")[0] for line in stack_file]
    else:
        assert run == stack_file


def test_defaults_of_a_stack_are_those_of_a_laptop_but_for_these() -> None:
    found: dict[str, tuple[Any, Any]] = {}
    for section, (stack, run) in PAIRS.items():
        on_laptop, in_stack = values(run()), values(stack())
        found |= {
            f"{section}.{key}": (value, in_stack[key])
            for key, value in on_laptop.items()
            if key in in_stack and in_stack[key] != value
        }
    assert found == {
        "training.workers": (1, 2),
        "training.orders_url": (None, "s3://shop-orders/online-retail/"),
        "training.hold_back_days": (4, 7),
        "training.epochs": (4, 10),
        "training.learning_rate": (0.002, 0.001),
        "training.straggler_epochs": (0, 3),
    }


def test_jobs_read_what_the_estate_hands_them() -> None:
    training = StackTraining()
    handed = training.model_dump(exclude={"started_by", "orders_version", "data", "tuning", "retrain"})
    read = parse(
        training.model_dump_json(exclude={"started_by", "orders_version", "data", "tuning", "retrain"})
    )
    assert {name: value for name, value in read.model_dump().items() if name in handed} == handed


@pytest.mark.parametrize(
    ("read", "variable", "section"),
    [
        (parse, "TRAINING_SETTINGS", "training"),
        (tuning.parse, "TUNING_SETTINGS", "training.tuning"),
        (drift.parse, "RETRAIN_SETTINGS", "training.retrain"),
        (orders.parse, "ORDERS_SETTINGS", "orders"),
    ],
)
def test_a_job_names_its_variable_and_every_wrong_key(read: Any, variable: str, section: str) -> None:
    for text, sentences in {
        "{": [f"{variable}: {section}: is no JSON; write a JSON object."],
        "3": [f"{variable}: {section}: is 3; allowed is a mapping with the keys "],
        '{"nothing": 1, "more": 2}': [
            f"{variable}: {section}.{key}: is not a known key; " for key in ("nothing", "more")
        ],
    }.items():
        with pytest.raises(SettingsError) as refused:
            read(text)
        assert refused.value.exit_status == WRONG_DATA
        lines = str(refused.value).splitlines()
        assert len(lines) == len(sentences)
        assert all(line.startswith(start) for line, start in zip(lines, sentences, strict=True)), lines


def test_commands_speak_as_the_check_does(tmp_path: Path) -> None:
    file = tmp_path / "Pulumi.dev.yaml"
    section = {"epochs": 0, "model": {"heads": "4"}, "retrain": {"max_recall_loss": 7, "schedule": "daily"}}
    file.write_text(yaml.safe_dump({"config": {"isthmus:training": section}}))
    with pytest.raises(SettingsError) as refused:
        training_settings(file, seed=None)
    assert str(refused.value).splitlines() == [
        f"{file}: training.epochs: is 0; allowed is a whole number from 1 to 1000.",
        f'{file}: training.model.heads: is "4"; allowed is a whole number from 1 to 64: '
        "write it without quotes.",
    ]
    with pytest.raises(SettingsError) as refused:
        _thresholds(file, None)
    recall, schedule = sorted(str(refused.value).splitlines())
    assert recall == f"{file}: training.retrain.max_recall_loss: is 7; allowed is a number from 0 to 1."
    assert schedule.startswith(f'{file}: training.retrain.schedule: is "daily"; allowed are minute, hour')
    with pytest.raises(SettingsError) as refused:
        _gates(None, ["min_coverage=2", "min_customers=many", "min_covrage=1"])
    assert str(refused.value).splitlines()[:2] == [
        "--gate: min_coverage: is 2; allowed is a number from 0 to 1.",
        '--gate: min_customers: is "many"; allowed is a whole number from 1 to 1000000 (customers).',
    ]
    assert "--gate: min_covrage: is not a known key; did you mean min_coverage?" in str(refused.value)
    assert _gates(None, ["min_coverage = 0.3", "min_customers=7"]).min_customers == 7


def test_every_model_of_the_settings_is_a_section() -> None:
    def walk(model: type[BaseModel]) -> None:
        assert issubclass(model, Section), model
        for field in model.model_fields.values():
            if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
                walk(field.annotation)

    for pair in PAIRS.values():
        for model in pair:
            walk(model)


def test_settings_load_nothing_heavy() -> None:
    program = (
        "import sys, infra.settings, infra.settings.training, training.orders.settings\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ran.stdout == "[]\n"
