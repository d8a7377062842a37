"""Pods that Kubernetes' own scheduler and controllers give to the node."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from typer.testing import CliRunner

from isthmus.cli.main import app
from rehearsal.home import VARIABLE
from tests.rehearsal.cluster.conftest import SECONDS, World, conditions, container, wait_for

pytestmark = pytest.mark.timeout(300)

PRINT_INDEX = "import os; print(os.environ['JOB_COMPLETION_INDEX'], os.environ['IP'], os.environ['NODE'])"


def test_an_indexed_job_runs_each_index_and_its_logs_come_by_the_api_server(world: World) -> None:
    env = [
        {"name": name, "valueFrom": {"fieldRef": {"fieldPath": path}}}
        for name, path in (("IP", "status.podIP"), ("NODE", "spec.nodeName"))
    ]
    template = {"containers": [container(PRINT_INDEX, env=env)]}
    world.job("train", "", template=template, completionMode="Indexed", completions=2, parallelism=2)
    done = world.finished("train")
    assert conditions(done)["Complete"] == "CompletionsReached"
    assert done["status"]["completedIndexes"] == "0,1"
    lines = sorted(world.log(pod).split() for pod in world.job_pods("train"))
    assert [line[0] for line in lines] == ["0", "1"]
    assert len({line[1] for line in lines}) == 2
    assert all(line[1].startswith("127.77.") for line in lines)
    assert {line[2] for line in lines} == {"general-0"}


def test_a_failing_job_is_failed_by_its_pod_failure_policy_and_by_its_back_off(world: World) -> None:
    world.job("broken", "print('no luck'); raise SystemExit(3)", backoffLimit=0)
    policy = {"rules": [{"action": "FailJob", "onExitCodes": {"operator": "In", "values": [65]}}]}
    world.job("wrong-data", "raise SystemExit(65)", backoffLimit=6, podFailurePolicy=policy)
    assert conditions(world.finished("broken"))["Failed"] == "BackoffLimitExceeded"
    assert conditions(world.finished("wrong-data"))["Failed"] == "PodFailurePolicy"
    (pod,) = world.job_pods("broken")
    (status,) = pod["status"]["containerStatuses"]
    assert status["state"]["terminated"]["exitCode"] == 3
    assert world.log(pod) == "no luck\n"


def test_a_success_policy_ends_the_other_indices_with_grace(world: World) -> None:
    script = (
        "import os, signal, sys, time, pathlib\n"
        "mark, other = pathlib.Path(os.environ['MARK']), pathlib.Path(os.environ['OTHER'])\n"
        "signal.signal(signal.SIGTERM, lambda *_: (mark.touch(), sys.exit(0)))\n"
        "if os.environ['JOB_COMPLETION_INDEX'] == '1': other.touch(); time.sleep(600)\n"
        "while not other.exists(): time.sleep(0.05)\n"
    )
    mark = world.home.root / "asked-to-end"
    env = [{"name": "MARK", "value": str(mark)}, {"name": "OTHER", "value": f"{mark}-can-be"}]
    world.job(
        "leader",
        "",
        template={"containers": [container(script, env=env)]},
        completionMode="Indexed",
        completions=2,
        parallelism=2,
        successPolicy={"rules": [{"succeededIndexes": "0"}]},
    )
    done = world.finished("leader")
    assert conditions(done)["SuccessCriteriaMet"] == "SuccessPolicy"
    assert done["status"]["completedIndexes"] == "0"
    assert mark.exists()
    of_it = {"batch.kubernetes.io/job-name": "leader"}
    wait_for(lambda: len(world.all_pods(**of_it)) == 1, SECONDS)


def test_an_evicted_worker_is_replaced_and_costs_no_attempt(world: World) -> None:
    script = (
        "import os, pathlib, time\n"
        "mark = pathlib.Path(os.environ['MARK'])\n"
        "time.sleep(0 if mark.exists() else mark.touch() or 600)\n"
    )
    mark = world.home.root / "was-up"
    own = container(script, env=[{"name": "MARK", "value": str(mark)}])
    disrupted = [{"type": "DisruptionTarget", "status": "True"}]
    policy = {"rules": [{"action": "Ignore", "onPodConditions": disrupted}]}
    template = {"containers": [own], "terminationGracePeriodSeconds": 5}
    world.job("evicted", "", template=template, backoffLimit=0, podFailurePolicy=policy)
    wait_for(mark.exists, SECONDS)
    (pod,) = world.job_pods("evicted")
    meta = {"name": pod["metadata"]["name"], "namespace": "default"}
    eviction = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": meta}
    world.cluster.api._ask("POST", f"/api/v1/namespaces/default/pods/{meta['name']}/eviction", eviction)
    done = world.finished("evicted")
    assert "Complete" in conditions(done)
    assert done["status"].get("failed", 0) == 0


def test_workers_know_each_other_by_the_names_of_a_headless_service(world: World) -> None:
    selector = {"batch.kubernetes.io/job-name": "peers"}
    world.apply("Service", "ring", {"clusterIP": "None", "selector": selector, "ports": [{"port": 2222}]})
    env = [
        {"name": "PEERS", "value": "peers-0.ring:2222,peers-1.ring.default.svc.cluster.local:2222"},
        {"name": "IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}},
    ]
    own = container("import os; print(os.environ['PEERS'], os.environ['IP'])", env=env)
    template = {"subdomain": "ring", "containers": [own]}
    world.job("peers", "", template=template, completionMode="Indexed", completions=2, parallelism=2)
    assert "Complete" in conditions(world.finished("peers"))
    lines = dict(world.log(pod).split()[::-1] for pod in world.job_pods("peers"))
    (told,) = set(lines.values())
    assert {peer.partition(":")[0] for peer in told.split(",")} == set(lines)


def test_a_container_that_fails_is_restarted_and_its_last_log_kept(world: World) -> None:
    script = (
        "import pathlib, sys\n"
        "mark = pathlib.Path('/box/mark')\n"
        "print('second' if mark.exists() else 'first')\n"
        "sys.exit(0 if mark.exists() else mark.touch() or 7)\n"
    )
    script = script.replace("'/box/mark'", "sys.argv[1]")
    mount = [{"name": "box", "mountPath": "/box"}]
    template = {
        "restartPolicy": "OnFailure",
        "containers": [container(script, args=["/box/mark"], volumeMounts=mount)],
        "volumes": [{"name": "box", "emptyDir": {}}],
    }
    world.job("again", "", template=template)
    assert "Complete" in conditions(world.finished("again"))
    (pod,) = world.job_pods("again")
    assert pod["status"]["containerStatuses"][0]["restartCount"] == 1
    assert world.log(pod) == "second\n"
    assert world.log(pod, previous="true") == "first\n"


def test_a_cron_job_makes_its_job_when_it_is_due(world: World) -> None:
    pod = {"restartPolicy": "Never", "containers": [container("print('due')")]}
    template = {"spec": {"template": {"spec": pod}}}
    schedule = world.apply("CronJob", "each", {"schedule": "* * * * *", "jobTemplate": template})
    # It was due since then, so that nobody waits for the next minute.
    earlier = (datetime.now(UTC) - timedelta(minutes=2)).strftime("%Y-%m-%dT%H:%M:%SZ")
    world.cluster.api.set_status(schedule, {"lastScheduleTime": earlier})

    def done() -> list[str]:
        jobs = world.cluster.list("Job", "default")
        names = [job["metadata"]["name"] for job in jobs if "Complete" in conditions(job)]
        return [name for name in names if name.startswith("each-")]

    names = wait_for(done, SECONDS)
    world.cluster.api.delete("batch/v1", "CronJob", "each", "default")
    wait_for(lambda: not any(world.get("Job", name) or world.job_pods(name) for name in names), SECONDS)


def test_the_commands_show_its_pods_print_their_logs_and_trigger_its_schedules(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, str(world.home.root))
    pod = {"restartPolicy": "Never", "containers": [container("print('by hand')")]}
    template = {"spec": {"template": {"spec": pod}}}
    spec = {"schedule": "0 3 * * *", "suspend": True, "jobTemplate": template}
    world.apply("CronJob", "retrain", spec)
    made = CliRunner().invoke(app, ["trigger", "retrain"])
    assert made.exit_code == 0, made.output
    name = made.output.split("default/")[1].split()[0]
    assert "Complete" in conditions(world.finished(name))
    shown = CliRunner().invoke(app, ["status", "--json"])
    (line,) = [one for one in json.loads(shown.stdout)["pods"] if one["name"].startswith(name)]
    assert (line["site"], line["state"], line["ready"]) == ("aws", "Completed", 0)
    assert line["address"].startswith("127.77.")
    assert CliRunner().invoke(app, ["logs", name]).stdout == "by hand\n"
