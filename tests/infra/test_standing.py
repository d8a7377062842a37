"""Which jobs an up makes again, by what the stack's state says of them."""

from __future__ import annotations

from typing import Any

import pytest

from infra.standing import unready
from training.components.job import REPLACE_UNREADY

URN = "urn:pulumi:prod::isthmus::isthmus:training:TrainingJob$kubernetes:batch/v1:Job::train"


def state(*conditions: str, annotations: dict[str, str] | None = None, **status: Any) -> dict[str, Any]:
    """A state that holds one Job, as the engine tells it."""
    told = [{"type": each, "status": "True"} for each in conditions]
    outputs = {"metadata": {"annotations": annotations}, "status": {"conditions": told, **status}}
    return {URN: {"type": "kubernetes:batch/v1:Job", "outputs": outputs}}


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        (state(active=1), set()),
        (state("Complete"), set()),
        (state("Complete", "SuccessCriteriaMet"), set()),
        (state("Suspended"), set()),
        (state("Failed", "FailureTarget"), {"train"}),
        # The last that pulumi-kubernetes saw before the end that it reports.
        (state("FailureTarget", active=1), {"train"}),
        # Made again and running: without the annotation it is left alone from now on.
        (state(active=1, annotations={REPLACE_UNREADY: "true"}), set()),
        (state("Complete", annotations={REPLACE_UNREADY: "true"}), {"train"}),
        ({}, set()),
        ({URN: {"type": "kubernetes:batch/v1:Job", "outputs": {}}}, set()),
        ({URN: {"type": "kubernetes:batch/v1:Job", "outputs": {"status": {}, "metadata": {}}}}, set()),
        ({URN: state("Failed")[URN] | {"type": "kubernetes:batch/v1:CronJob"}}, set()),
    ],
)
def test_a_job_that_failed_is_made_again_and_one_that_runs_is_left_alone(
    known: dict[str, Any], expected: set[str]
) -> None:
    assert unready(known) == expected


def test_a_condition_that_does_not_hold_says_nothing() -> None:
    known = state("Failed")
    known[URN]["outputs"]["status"]["conditions"][0]["status"] = "False"
    assert unready(known) == set()
