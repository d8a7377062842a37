"""What the plugin waits for, with pods that run: as pulumi-kubernetes waits."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any

import pytest

from rehearsal.control_plane.api import Api
from rehearsal.plugins.backend import Change, Incomplete
from rehearsal.plugins.kubernetes.readiness import WAIT_FOR, Failed, check_of
from tests.rehearsal.cluster.conftest import wait_for
from tests.rehearsal.plugins.kubernetes.conftest import Engine

pytestmark = pytest.mark.timeout(300)

JOB = "batch/v1:Job"
AVAILABLE = "condition=Available"
STATUS = {"conditions": [{"type": "Available", "status": "True"}]}
FOREVER = "import time; time.sleep(600)"


def pod(script: str) -> dict[str, Any]:
    one = {"name": "main", "image": "isthmus/training:1", "command": ["python", "-S", "-c", script]}
    return {"containers": [one], "restartPolicy": "Never", "terminationGracePeriodSeconds": 1}


def job(namespace: str, script: str = "pass", **annotations: str) -> dict[str, Any]:
    said = {f"pulumi.com/{name}": text for name, text in annotations.items()}
    return {
        "metadata": {"name": "train", "namespace": namespace, "annotations": said},
        "spec": {"template": {"spec": pod(script)}, "backoffLimit": 0},
    }


def deployment(namespace: str, **spec: Any) -> dict[str, Any]:
    labels = {"app": "web"}
    template = {"metadata": {"labels": {**labels}}, "spec": pod(FOREVER) | {"restartPolicy": "Always"}}
    return {
        "metadata": {"name": "web", "namespace": namespace},
        "spec": {"selector": {"matchLabels": labels}, "template": template, **spec},
    }


def test_a_job_is_awaited_until_it_has_completed_and_then_replaced_by_no_annotation(
    engine: Engine, namespace: str
) -> None:
    made = engine.up(JOB, job(namespace, "print('done')", replaceUnready="true"))
    assert made.id == f"{namespace}/train"
    assert made.outputs["status"]["succeeded"] == 1
    assert engine.backend.diff(made, made) == Change()


def test_a_failed_job_stays_known_with_its_last_words_and_can_be_made_again(
    engine: Engine, namespace: str
) -> None:
    script = "[print('line', i) for i in range(40)]; raise SystemExit(4)"
    resource = engine.resource(JOB, job(namespace, script, replaceUnready="true"))
    with pytest.raises(Incomplete) as failed:
        engine.backend.create(resource)
    said = str(failed.value)
    assert "BackoffLimitExceeded" in said
    assert "exit code 4" in said
    assert "line 25\n" in said
    assert "line 24\n" not in said
    assert said.endswith("line 39")
    old = replace(resource, id=failed.value.created.id)
    change = engine.backend.diff(old, old)
    assert change.replaces == {"metadata"}
    assert change.delete_before_replace


def test_a_job_that_runs_is_replaced_only_where_its_annotation_asks_for_that(
    engine: Engine, namespace: str
) -> None:
    """As the real plugin does, which makes no difference between a Job that runs and one that failed."""
    made = engine.up(JOB, job(namespace, FOREVER, skipAwait="true"))
    assert engine.backend.diff(made, made) == Change()
    asked = engine.changed(made, job(namespace, FOREVER, skipAwait="true", replaceUnready="true"))
    change = engine.backend.diff(made, asked)
    assert change == Change(frozenset({"metadata"}), frozenset({"metadata"}), delete_before_replace=True)
    engine.backend.delete(made)


def test_a_cancel_ends_the_wait_and_keeps_the_job(engine: Engine, api: Api, namespace: str) -> None:
    resource = engine.resource(JOB, job(namespace, FOREVER))

    def cancel() -> None:
        wait_for(lambda: api.get("batch/v1", "Job", "train", namespace))
        engine.backend.cancel()

    threading.Thread(target=cancel).start()
    with pytest.raises(Incomplete, match="nobody waits"):
        engine.backend.create(resource)
    assert api.get("batch/v1", "Job", "train", namespace) is not None
    api.delete("batch/v1", "Job", "train", namespace, propagation="Background")


def test_a_deployment_is_awaited_updated_and_deleted(engine: Engine, api: Api, namespace: str) -> None:
    made = engine.up("apps/v1:Deployment", deployment(namespace))
    assert made.outputs["status"]["availableReplicas"] == 1
    wanted = engine.changed(made, deployment(namespace, replicas=2))
    change = engine.backend.diff(made, wanted)
    assert change.changed == {"spec"}
    assert not change.replaces
    outputs = engine.backend.update(made, wanted)
    assert outputs["status"]["availableReplicas"] == 2
    engine.backend.delete(made)
    assert engine.backend.read(made) is None
    assert api.list("v1", "Pod", namespace) == []
    engine.backend.delete(made)


def test_what_an_object_says_that_is_waited_for_is_waited_for(engine: Engine, namespace: str) -> None:
    said = {"metadata": {"name": "web", "namespace": namespace, "annotations": {WAIT_FOR: AVAILABLE}}}
    made = engine.up("apps/v1:Deployment", deployment(namespace) | said)
    assert {each["type"]: each["status"] for each in made.outputs["status"]["conditions"]}[
        "Available"
    ] == "True"


@pytest.mark.parametrize("said", ["jsonpath={.status}", '["condition=Available", "Available"]', "condition="])
def test_what_a_rehearsal_cannot_wait_for_is_told(said: str) -> None:
    object = {"kind": "Rollout", "metadata": {"annotations": {WAIT_FOR: said}}, "status": STATUS}
    check = check_of(object, updated=False)
    assert check is not None
    with pytest.raises(Failed, match="a rehearsal knows condition=NAME alone"):
        check(None, object)  # type: ignore[arg-type]


def test_a_kind_that_nothing_controls_here_says_what_it_waits_for() -> None:
    object = {"kind": "Rollout", "metadata": {"annotations": {WAIT_FOR: AVAILABLE}}, "status": {}}
    check = check_of(object, updated=False)
    assert check is not None
    done, waits = check(None, object)  # type: ignore[arg-type]
    assert (done, waits) == (False, "its condition Available is not True: no controller tells it")
    assert check(None, {**object, "status": STATUS}) == (True, "")  # type: ignore[arg-type]
