"""Jobs whose pods ask more of the node than to be started."""

from __future__ import annotations

from typing import Any

import pytest

from rehearsal.cluster.cron_job import fire
from tests.rehearsal.cluster.conftest import SECONDS, World, conditions, container, wait_for

pytestmark = pytest.mark.timeout(300)


def test_a_failing_job_is_tried_again_and_then_failed_with_its_logs(world: World) -> None:
    world.job("unlucky", "print('no luck'); raise SystemExit(3)", backoffLimit=1)
    assert conditions(world.finished("unlucky"))["Failed"] == "BackoffLimitExceeded"
    pods = world.job_pods("unlucky")
    assert [world.log(pod) for pod in pods] == ["no luck\n"] * 2
    codes = [pod["status"]["containerStatuses"][0]["state"]["terminated"]["exitCode"] for pod in pods]
    assert codes == [3, 3]


def test_a_worker_that_fails_comes_back_at_its_address_while_the_other_goes_on(world: World) -> None:
    # Index 0 fails in its first life; both say their addresses, and 1 waits for 0's second life.
    script = (
        "import os, pathlib, sys, time\n"
        "i, flag = os.environ['JOB_COMPLETION_INDEX'], pathlib.Path(os.environ['SHARED']) / 'second'\n"
        "print(os.environ['HOSTNAME'], os.environ['PEERS'], flush=True)\n"
        "if i == '0' and not flag.exists(): flag.touch(); os.kill(os.getpid(), 9)\n"
        "while not flag.exists(): time.sleep(0.05)\n"
    )
    shared = world.home.root / "shared"
    shared.mkdir()
    selector = {"batch.kubernetes.io/job-name": "pair"}
    world.apply("Service", "pairs", {"clusterIP": "None", "selector": selector, "ports": [{"port": 2222}]})
    env = [{"name": "PEERS", "value": "pair-0.pairs:2222"}, {"name": "SHARED", "value": str(shared)}]
    template = {
        "subdomain": "pairs",
        "restartPolicy": "OnFailure",
        "containers": [container(script, env=env)],
    }
    world.job("pair", "", template=template, completionMode="Indexed", completions=2, parallelism=2)
    assert "Complete" in conditions(world.finished("pair"))
    said, restarts = {}, {}
    for pod in world.job_pods("pair"):
        host, said[host] = world.log(pod).split()
        restarts[host] = pod["status"]["containerStatuses"][0]["restartCount"]
        if restarts[host]:
            assert world.log(pod, previous="true") == world.log(pod)
    assert restarts == {"pair-0": 1, "pair-1": 0}
    assert said["pair-0"] == said["pair-1"]


def test_init_containers_run_in_order_and_share_a_volume(world: World) -> None:
    mount = [{"name": "work", "mountPath": "/box/dir"}, {"name": "keys", "mountPath": "/etc/keys"}]
    append = "import sys; open('/box/dir/log', 'a').write(sys.argv[1] + '\\n')"
    secret(world, "keys", signing="open sesame")

    def step(name: str) -> dict[str, Any]:
        return {**container(append, volumeMounts=mount), "name": name, "args": [name]}

    script = (
        "import os\n"
        "print(open('/box/dir/log').read(), open(os.environ['KEY_FILE']).read(), os.environ['KEY'])"
    )
    env = [
        {"name": "KEY_FILE", "value": "/etc/keys/signing"},
        {"name": "KEY", "valueFrom": {"secretKeyRef": {"name": "keys", "key": "signing"}}},
    ]
    template = {
        "initContainers": [step("first"), step("second")],
        "containers": [container(script, volumeMounts=mount, env=env)],
        "volumes": [{"name": "work", "emptyDir": {}}, {"name": "keys", "secret": {"secretName": "keys"}}],
    }
    world.job("ordered", "", template=template)
    assert "Complete" in conditions(world.finished("ordered"))
    (pod,) = world.job_pods("ordered")
    assert world.log(pod) == "first\nsecond\n open sesame open sesame\n"


def secret(world: World, name: str, **text: str) -> None:
    meta = {"name": name, "namespace": "default"}
    world.cluster.api.apply({"apiVersion": "v1", "kind": "Secret", "metadata": meta, "stringData": text})


def test_a_job_without_its_secret_waits_and_says_for_what(world: World) -> None:
    env = [{"name": "KEY", "valueFrom": {"secretKeyRef": {"name": "later", "key": "k"}}}]
    world.job("patient", "", template={"containers": [container("print('at last')", env=env)]})
    wanted = {"reason": "CreateContainerConfigError", "message": 'secret "later" not found'}

    def waits() -> bool:
        statuses = [s for p in world.job_pods("patient") for s in p["status"].get("containerStatuses", ())]
        return any(status["state"].get("waiting") == wanted for status in statuses)

    wait_for(waits, SECONDS)
    secret(world, "later", k="v")
    assert "Complete" in conditions(world.finished("patient"))


def test_a_deadline_ends_the_process(world: World) -> None:
    world.job("slow", "import time; time.sleep(600)", activeDeadlineSeconds=1)
    assert conditions(world.finished("slow"))["Failed"] == "DeadlineExceeded"
    wait_for(lambda: not world.job_pods("slow"), SECONDS)


def test_a_schedule_fired_by_hand_runs_at_once_under_the_name_that_it_is_told(world: World) -> None:
    name = {"fieldPath": "metadata.labels['batch.kubernetes.io/job-name']"}
    env = [
        {"name": "JOB_NAME", "valueFrom": {"fieldRef": name}},
        {"name": "OF_IT", "value": "$(JOB_NAME)-0"},
    ]
    script = "import os; print(os.environ['JOB_NAME'], os.environ['OF_IT'])"
    pod = {"restartPolicy": "Never", "containers": [container(script, env=env)]}
    template = {"metadata": {"labels": {"a": "b"}}, "spec": {"template": {"spec": pod}}}
    schedule = world.apply("CronJob", "nightly", {"schedule": "0 3 * * *", "jobTemplate": template})
    job = fire(world.cluster, schedule)
    made = job["metadata"]["name"]
    assert job["metadata"]["annotations"]["cronjob.kubernetes.io/instantiate"] == "manual"
    assert job["metadata"]["labels"]["a"] == "b"
    assert world.finished(made)["status"]["succeeded"] == 1
    assert world.log(world.job_pods(made)[0]) == f"{made} {made}-0\n"
    world.cluster.api.delete("batch/v1", "CronJob", "nightly", "default")
    wait_for(lambda: not world.get("Job", made), SECONDS)
