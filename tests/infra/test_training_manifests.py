"""What dev and prod ask for to train: GPUs, spot nodes with fall-back, checkpoints that outlive them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from infra.settings import read
from tests.infra.recorded import ROOT, Estate, estate_of


@pytest.fixture(params=["dev", "prod"], scope="module")
def estate(request: pytest.FixtureRequest) -> Estate:
    return estate_of(request.param)


def train_job(estate: Estate) -> dict[str, Any]:
    (job,) = [
        each.inputs
        for each in estate.of("kubernetes:batch/v1:Job")
        if each.inputs["metadata"]["labels"]["app.kubernetes.io/name"] == "train"
    ]
    spec: dict[str, Any] = job["spec"]
    return spec


def environment(spec: dict[str, Any]) -> dict[str, str]:
    return {
        variable["name"]: variable.get("value")
        for variable in spec["template"]["spec"]["containers"][0]["env"]
    }


def test_each_worker_asks_for_a_gpu_of_the_training_pool(estate: Estate) -> None:
    pod = train_job(estate)["template"]["spec"]
    assert int(pod["containers"][0]["resources"]["limits"]["nvidia.com/gpu"]) >= 1
    assert pod["nodeSelector"] == {"isthmus.dev/pool": "training"}
    assert {"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"} in pod["tolerations"]


def test_the_pool_is_bought_as_spot_and_on_demand_where_spot_has_none(estate: Estate) -> None:
    groups = [
        each.inputs
        for each in estate.of("aws:eks/nodeGroup:NodeGroup")
        if each.inputs["labels"].get("isthmus.dev/pool") == "training"
    ]
    assert {group["capacityType"] for group in groups} == {"SPOT", "ON_DEMAND"}
    workers = len(environment(train_job(estate))["TRAINING_PEERS"].split(","))
    assert all(group["scalingConfig"]["maxSize"] >= workers for group in groups)


def test_a_taken_node_costs_no_more_than_the_steps_since_the_last_checkpoint(estate: Estate) -> None:
    spec = train_job(estate)
    variables = environment(spec)
    assert variables["CHECKPOINT_URL"].startswith("s3://")
    settings = json.loads(variables["TRAINING_SETTINGS"])
    assert 0 < settings["checkpoint_seconds"] <= 120, "EC2 gives two minutes' notice"
    assert spec["template"]["spec"]["terminationGracePeriodSeconds"] >= 30
    free = {
        code
        for rule in spec["podFailurePolicy"]["rules"]
        if rule["action"] == "Ignore"
        for code in rule.get("onExitCodes", {}).get("values", [])
    }
    assert {75, 76} <= free


def test_fewer_workers_may_end_the_job(estate: Estate) -> None:
    spec = train_job(estate)
    least = json.loads(environment(spec)["TRAINING_SETTINGS"])["elastic_min_workers"]
    assert 0 < least < spec["completions"]
    assert spec["maxFailedIndexes"] == spec["completions"] - least
    assert spec["successPolicy"] == {"rules": [{"succeededCount": 1}]}


def test_all_must_come_where_the_settings_say_nothing_of_it() -> None:
    assert read(ROOT / "stacks" / "Pulumi.local.yaml").training.elastic_min_workers == 0
    spec = train_job(estate_of("local"))
    assert spec["maxFailedIndexes"] == 0
    assert "successPolicy" not in spec
