"""Canaries by the real controller of Argo Rollouts, and what the play of it is made of."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from infra.settings.rollout import Rollout
from rehearsal import sandbox
from rehearsal.drills.canary.play import BAD, CANARY, play
from rehearsal.drills.canary.scraped import restarts
from rehearsal.plugins.kubernetes.definitions import of_chart
from rehearsal.rollouts import pin


@pytest.mark.canary
@pytest.mark.timeout(3000)
def test_every_bad_release_is_taken_back_and_a_good_one_promoted(tmp_path: Path) -> None:
    with sandbox.estate(tmp_path / "sandbox", print) as estate:
        print(play(estate, 1, print))


def test_the_module_builds_the_version_that_is_pinned() -> None:
    text = (pin.MODULE.module / "go.mod").read_text()
    assert re.findall(r"argoproj/argo-rollouts v(\S+)", text) == [pin.VERSION]
    assert tuple(map(int, re.search(r"^go (\S+)$", text, re.MULTILINE)[1].split("."))) == pin.MODULE.go  # type: ignore[index]


def test_the_play_is_by_settings_that_a_stack_file_takes() -> None:
    settings = Rollout.model_validate_json(json.dumps(CANARY))
    assert settings.strategy == "canary"
    assert settings.steps[-1].weight < 100
    assert len({bad.note for bad in BAD}) == len(BAD) == 4


def test_the_kinds_of_the_controller_are_known() -> None:
    kinds = {each["spec"]["names"]["kind"] for each in of_chart("argo-rollouts")}
    assert kinds == {"AnalysisRun", "AnalysisTemplate", "ClusterAnalysisTemplate", "Experiment", "Rollout"}


def test_restarts_are_told_as_kube_state_metrics_tells_them() -> None:
    pod: dict[str, Any] = {
        "metadata": {"namespace": "serving", "name": "triton-1"},
        "status": {
            "containerStatuses": [{"name": "triton", "restartCount": 2}],
            "initContainerStatuses": [{"name": "pull", "restartCount": 0}],
        },
    }
    of = 'namespace="serving",pod="triton-1",container='
    assert restarts([pod, {"metadata": pod["metadata"]}]).splitlines() == [
        f'kube_pod_container_status_restarts_total{{{of}"triton"}} 2',
        f'kube_pod_init_container_status_restarts_total{{{of}"pull"}} 0',
    ]
