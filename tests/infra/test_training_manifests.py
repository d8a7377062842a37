"""What dev and prod ask for to train: GPUs, spot nodes with fall-back, checkpoints that outlive them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from infra.__main__ import estate as program
from infra.settings import read
from tests.infra.recorded import DIGEST, ROOT, Estate, changed_settings, estate_of, record


@pytest.fixture(params=["dev", "prod"], scope="module")
def estate(request: pytest.FixtureRequest) -> Estate:
    return estate_of(request.param)


def train_job(estate: Estate) -> dict[str, Any]:
    """That of an up, or that of a schedule."""
    jobs = [
        each.inputs["spec"]
        for each in estate.of("kubernetes:batch/v1:Job")
        if each.inputs["metadata"]["labels"]["app.kubernetes.io/name"] == "train"
    ]
    scheduled = [
        each.inputs["spec"]["jobTemplate"]["spec"]
        for each in estate.of("kubernetes:batch/v1:CronJob")
        if each.inputs["metadata"]["name"] == "retrain-train"
    ]
    spec: dict[str, Any] = (jobs or scheduled)[0]
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


def by_name(estate: Estate, kind: str) -> dict[str, dict[str, Any]]:
    return {each.inputs["metadata"]["name"]: each.inputs for each in estate.of(f"kubernetes:{kind}")}


def test_where_a_schedule_starts_the_jobs_the_engine_waits_for_none_and_serves_the_pinned_release() -> None:
    changes = {"training.retrain.enabled": True, "serving.release": DIGEST}
    waits, schedules = (
        record(lambda: program(changed_settings("prod", changes | {"training.started_by": who})))  # noqa: B023
        for who in ("up", "schedule")
    )
    assert {job.rpartition("-")[0] for job in by_name(waits, "batch/v1:Job")} == {
        "transfer",
        "train",
        "rank",
        "validate",
    }
    assert not by_name(schedules, "batch/v1:Job")
    # The pods are the same ones, and so is whom they are.
    for kind in ("batch/v1:CronJob", "core/v1:ServiceAccount", "core/v1:Service"):
        assert by_name(schedules, kind) == by_name(waits, kind)
    assert {*by_name(schedules, "batch/v1:CronJob")} == {
        "retrain",
        "retrain-train",
        "retrain-rank",
        "retrain-validate",
    }
    for service in schedules.outputs["serving"].values():
        assert service["release"] == DIGEST
