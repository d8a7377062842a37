"""Jobs with real processes."""

from __future__ import annotations

from typing import Any

from tests.rehearsal.cluster.conftest import World, container, wait_for


def conditions(job: dict[str, Any]) -> dict[str, str]:
    return {one["type"]: one["reason"] for one in job["status"]["conditions"] if one["status"] == "True"}


def test_indexed_job_runs_each_index_once_with_its_own_address(world: World) -> None:
    script = "import os; print(os.environ['JOB_COMPLETION_INDEX'], os.environ['IP'], os.environ['HOSTNAME'])"
    env = [
        {"name": "IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}},
        {
            "name": "JOB_COMPLETION_INDEX",
            "valueFrom": {
                "fieldRef": {"fieldPath": "metadata.annotations['batch.kubernetes.io/job-completion-index']"}
            },
        },
    ]
    job = world.job(
        "train",
        script,
        template={"containers": [container(script, env=env)]},
        completionMode="Indexed",
        completions=3,
        parallelism=3,
    )
    done = world.finished("train")
    assert conditions(done) == {"Complete": "CompletionsReached"}
    assert done["status"]["completedIndexes"] == "0-2"
    lines = sorted(world.log(pod).split() for pod in world.pods(job))
    assert [line[0] for line in lines] == ["0", "1", "2"]
    assert [line[2] for line in lines] == ["train-0", "train-1", "train-2"]
    assert len({line[1] for line in lines}) == 3
    assert all(line[1].startswith("127.77.") for line in lines)


def test_index_is_given_without_asking(world: World) -> None:
    job = world.job(
        "plain",
        "import os; print(os.environ['JOB_COMPLETION_INDEX'])",
        completionMode="Indexed",
        completions=1,
    )
    world.finished("plain")
    assert world.log(world.pods(job)[0]) == "0\n"


def test_failing_job_is_tried_again_and_then_failed_with_its_logs(world: World) -> None:
    job = world.job("broken", "print('no luck'); raise SystemExit(3)", backoffLimit=1)
    done = world.finished("broken")
    assert conditions(done) == {"Failed": "BackoffLimitExceeded"}
    pods = world.pods(job)
    assert len(pods) == 2
    assert [world.log(pod) for pod in pods] == ["no luck\n"] * 2
    codes = [pod["status"]["containerStatuses"][0]["state"]["terminated"]["exitCode"] for pod in pods]
    assert codes == [3, 3]


def test_worker_that_fails_comes_back_at_its_address_while_the_other_goes_on(world: World) -> None:
    # Index 0 fails in its first life; both say their address, and 1 waits for 0's second life.
    script = (
        "import os, pathlib, sys, time\n"
        "i, flag = os.environ['JOB_COMPLETION_INDEX'], pathlib.Path(os.environ['SHARED']) / 'second'\n"
        "print(os.environ['PEERS'], flush=True)\n"
        "if i == '0' and not flag.exists(): flag.touch(); os.kill(os.getpid(), 9)\n"
        "while not flag.exists(): time.sleep(0.05)\n"
    )
    shared = world.home.root / "shared"
    shared.mkdir(parents=True)
    world.apply(
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": "peers", "namespace": "default"},
            "spec": {"clusterIP": "None", "selector": {"job-name": "train"}, "ports": [{"port": 2222}]},
        }
    )
    env = [
        {"name": "PEERS", "value": "train-0.peers:2222,train-1.peers.default.svc.cluster.local:2222"},
        {"name": "SHARED", "value": str(shared)},
    ]
    job = world.job(
        "train",
        script,
        template={
            "subdomain": "peers",
            "restartPolicy": "OnFailure",
            "containers": [container(script, env=env)],
        },
        completionMode="Indexed",
        completions=2,
        parallelism=2,
    )
    assert conditions(world.finished("train")) == {"Complete": "CompletionsReached"}
    pods = world.pods(job)
    assert sorted(p["status"]["containerStatuses"][0]["restartCount"] for p in pods) == [0, 1]
    first = next(
        p for p in pods if p["metadata"]["labels"]["batch.kubernetes.io/job-completion-index"] == "0"
    )
    other = next(p for p in pods if p is not first)
    expected = f"{first['status']['podIP']}:2222,{other['status']['podIP']}:2222\n"
    assert world.log(first) == world.log(first, suffix=".previous.log") == world.log(other) == expected


def test_init_containers_run_in_order_and_share_a_volume(world: World) -> None:
    mount = [{"name": "work", "mountPath": "/box/dir"}, {"name": "keys", "mountPath": "/etc/keys"}]
    append = "import sys; open('/box/dir/log', 'a').write(sys.argv[1] + '\\n')"
    world.apply(
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": "keys", "namespace": "default"},
            "stringData": {"signing": "open sesame"},
        }
    )

    def step(name: str) -> dict[str, Any]:
        return {**container(append, volumeMounts=mount), "name": name, "args": [name]}

    script = (
        "import os\n"
        "print(open('/box/dir/log').read(), open(os.environ['KEY_FILE']).read(), os.environ['KEY'])"
    )
    main = container(
        script,
        volumeMounts=mount,
        env=[
            {"name": "KEY_FILE", "value": "/etc/keys/signing"},
            {"name": "KEY", "valueFrom": {"secretKeyRef": {"name": "keys", "key": "signing"}}},
        ],
    )
    job = world.job(
        "ordered",
        "",
        template={
            "initContainers": [step("first"), step("second")],
            "containers": [main],
            "volumes": [{"name": "work", "emptyDir": {}}, {"name": "keys", "secret": {"secretName": "keys"}}],
        },
    )
    assert conditions(world.finished("ordered")) == {"Complete": "CompletionsReached"}
    assert world.log(world.pods(job)[0]) == "first\nsecond\n open sesame open sesame\n"


def test_job_without_its_secret_waits_and_says_for_what(world: World) -> None:
    env = [{"name": "KEY", "valueFrom": {"secretKeyRef": {"name": "later", "key": "k"}}}]
    job = world.job("patient", "", template={"containers": [container("print('at last')", env=env)]})

    def waiting() -> bool:
        statuses = [s for p in world.pods(job) for s in p.get("status", {}).get("containerStatuses", ())]
        return any(
            s["state"]["waiting"]
            == {"reason": "CreateContainerConfigError", "message": 'secret "later" not found'}
            for s in statuses
            if "waiting" in s["state"]
        )

    wait_for(waiting)
    world.apply(
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": "later", "namespace": "default"},
            "stringData": {"k": "v"},
        }
    )
    assert conditions(world.finished("patient")) == {"Complete": "CompletionsReached"}


def test_deadline_ends_the_process(world: World) -> None:
    job = world.job("slow", "import time; time.sleep(600)", activeDeadlineSeconds=1)
    assert conditions(world.finished("slow")) == {"Failed": "DeadlineExceeded"}
    wait_for(lambda: [p["status"]["phase"] for p in world.pods(job)] == ["Failed"])


def test_image_of_somebody_else_is_recorded_and_not_run(world: World) -> None:
    foreign = {"name": "main", "image": "quay.io/prometheus/prometheus:v3"}
    job = world.job("foreign", "", template={"containers": [foreign]})
    wait_for(lambda: [p.get("status", {}).get("reason") for p in world.pods(job)] == ["NotOnThisMachine"])
