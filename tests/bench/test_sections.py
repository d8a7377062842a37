"""Which benchmarks run: all, or those that are named."""

from __future__ import annotations

from types import ModuleType

import pytest
from typer.testing import CliRunner

from tests.bench import __main__ as bench
from tests.bench import (
    control_planes,
    growth,
    previews,
    rehearsed,
    retrieval,
    reviews,
    serving_speed,
    training_speed,
    transfer,
    workers,
)
from tests.bench.sections import Section

OTHERS: dict[Section, tuple[ModuleType, str]] = {
    Section.PREVIEW: (previews, "rows"),
    Section.REVIEW: (reviews, "rows"),
    Section.CONTROL_PLANES: (control_planes, "rows"),
    Section.TRANSFER: (transfer, "rows"),
    Section.SERVING: (serving_speed, "rows"),
    Section.RETRIEVAL: (retrieval, "rows"),
    Section.WORKERS: (workers, "rows"),
    Section.TRAINING: (training_speed, "table"),
    Section.GROWTH: (growth, "rows"),
}


@pytest.fixture(autouse=True)
def measured(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every benchmark tells at once that it would have run, and with what."""
    monkeypatch.setattr(training_speed, "measure", lambda rounds: rounds)
    for section, (module, name) in OTHERS.items():
        monkeypatch.setattr(
            module, name, lambda *arguments, section=section: [(f"ran {section}", str(arguments), "")]
        )
    monkeypatch.setattr(
        rehearsed,
        "rows",
        lambda chosen, *_: [(f"ran {part}", "", "") for part in chosen if part in rehearsed.PARTS],
    )


@pytest.mark.parametrize(
    ("only", "run"),
    [([], set(Section)), (["training", "transfer"], {Section.TRAINING, Section.TRANSFER}), (["up"], {"up"})],
)
def test_all_run_or_those_that_are_named(only: list[str], run: set[Section]) -> None:
    arguments = ["--release", "release", *(argument for name in only for argument in ("--only", name))]
    output = CliRunner().invoke(bench.app, arguments).output
    assert {section for section in Section if f"ran {section}" in output} == run


def test_training_has_two_rounds_in_the_short_form_and_seven_in_the_long_one() -> None:
    for flags, rounds in (["--short"], 2), ([], 7):
        output = CliRunner().invoke(bench.app, [*flags, "--only", "training"]).output
        assert f"({rounds},)" in output


def test_whole_trainings_are_in_the_short_form_where_they_are_named() -> None:
    output = CliRunner().invoke(bench.app, ["--short"]).output
    assert "ran growth" not in output
    assert "ran training" in output
    assert "(True, " in CliRunner().invoke(bench.app, ["--short", "--only", "growth"]).output


def test_another_name_is_refused_with_those_that_are_allowed() -> None:
    refused = CliRunner().invoke(bench.app, ["--only", "train"], env={"COLUMNS": "200"})
    assert refused.exit_code == 2
    assert "'transfer', 'workers', 'training'" in refused.output
