"""Deployments with real processes that answer HTTP at their pods' addresses."""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import psutil

from rehearsal import json_files
from rehearsal.cluster import agent
from rehearsal.cluster.deployment import rollout
from rehearsal.cluster.node import ABOUT
from rehearsal.cluster.of_home import ready_endpoints
from tests.rehearsal.cluster.conftest import World, container, processes_of, wait_for

SERVER = """
import http.server, os
class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers(); self.wfile.write(os.environ['VERSION'].encode())
    def log_message(self, *a): pass
http.server.HTTPServer((os.environ['POD_IP'], 8080), Answer).serve_forever()
"""


def deploy(world: World, version: str, replicas: int = 1, script: str = SERVER) -> dict[str, Any]:
    env = [
        {"name": "POD_IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}},
        {"name": "VERSION", "value": version},
    ]
    one = container(
        script,
        env=env,
        ports=[{"name": "http", "containerPort": 8080}],
        readinessProbe={"httpGet": {"path": "/", "port": "http"}, "periodSeconds": 1},
    )
    world.apply(
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": "web", "namespace": "default"},
            "spec": {
                "selector": {"app": "web"},
                "ports": [{"name": "http", "port": 80, "targetPort": "http"}],
            },
        }
    )
    return world.apply(
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": "web", "namespace": "default"},
            "spec": {
                "replicas": replicas,
                "selector": {"matchLabels": {"app": "web"}},
                "template": {
                    "metadata": {"labels": {"app": "web"}},
                    "spec": {"containers": [one], "terminationGracePeriodSeconds": 2},
                },
            },
        }
    )


def out(world: World) -> bool:
    found = world.cluster.get("Deployment", "web", "default")
    return found is not None and rollout(found)[0]


def answers(world: World) -> list[str]:
    """What the Service's endpoints say now; one that has just gone says nothing."""
    said = []
    for address, ports in ready_endpoints(world.home, "aws", "default", "web"):
        try:
            with urlopen(f"http://{address}:{ports['http']}/", timeout=5) as answer:
                said.append(answer.read().decode())
        except (URLError, OSError):
            continue
    return said


def first_process(world: World) -> dict[str, Any]:
    pod = world.cluster.list("Pod")[0]
    folder = world.cluster.pod_folder("default", pod["metadata"]["name"])
    return dict(json_files.read(folder / "run" / "main" / "state.json"))


def test_killed_process_leaves_the_endpoints_and_comes_back(world: World) -> None:
    deploy(world, "1")
    wait_for(lambda: out(world))
    assert answers(world) == ["1"]
    killed = first_process(world)
    os.kill(killed["pid"], signal.SIGKILL)
    wait_for(lambda: ready_endpoints(world.home, "aws", "default", "web") == [])
    wait_for(lambda: answers(world) == ["1"])
    assert first_process(world)["pid"] != killed["pid"]
    status = world.cluster.list("Pod")[0]["status"]["containerStatuses"][0]
    assert status["restartCount"] == 1


def test_rolling_update_always_leaves_somebody_to_answer(world: World) -> None:
    deploy(world, "1")
    wait_for(lambda: out(world))
    counts: list[int] = []
    over = threading.Event()

    def watch() -> None:
        while not over.wait(0.02):
            counts.append(len(ready_endpoints(world.home, "aws", "default", "web")))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        deploy(world, "2")
        wait_for(lambda: out(world) and answers(world) == ["2"])
    finally:
        over.set()
        watcher.join()
    assert min(counts) >= 1
    wait_for(lambda: len(world.cluster.list("Pod")) == 1)


def test_update_that_cannot_start_keeps_the_old_pod(world: World) -> None:
    deploy(world, "1")
    wait_for(lambda: out(world))
    deploy(world, "2", script="raise SystemExit('no')")

    def looping() -> bool:
        statuses = [
            s for p in world.cluster.list("Pod") for s in p.get("status", {}).get("containerStatuses", ())
        ]
        return any(s["state"].get("waiting", {}).get("reason") == "CrashLoopBackOff" for s in statuses)

    wait_for(looping)
    assert answers(world) == ["1"]


def test_killed_agent_is_taken_over_without_doubles(world: World) -> None:
    deploy(world, "1", replicas=2)
    wait_for(lambda: out(world))
    before = {p.pid for p in processes_of(world.home.root)}
    about = json_files.read(world.home.clusters / ABOUT)
    os.kill(about["pid"], signal.SIGKILL)
    wait_for(lambda: not agent.is_running(world.home))
    assert answers(world) == ["1", "1"]
    agent.ensure(world.home)
    victim = first_process(world)["pid"]
    # The new agent is in charge: it sees the end of a process that it did not start.
    os.kill(victim, signal.SIGKILL)
    wait_for(lambda: first_process(world)["pid"] != victim and answers(world) == ["1", "1"])
    after = {p.pid for p in processes_of(world.home.root)}
    assert len(after) == len(before)
    assert not psutil.pid_exists(victim)


def test_delete_ends_processes_and_removes_pods(world: World) -> None:
    deploy(world, "1")
    wait_for(lambda: out(world))
    pid = first_process(world)["pid"]
    world.cluster.delete("Deployment", "web", "default")
    wait_for(lambda: world.cluster.get("Deployment", "web", "default") is None)
    assert world.cluster.list("Pod") == []
    assert not psutil.pid_exists(pid)


def test_stop_ends_what_a_killed_agent_left(world: World) -> None:
    deploy(world, "1")
    wait_for(lambda: out(world))
    os.kill(json_files.read(world.home.clusters / ABOUT)["pid"], signal.SIGKILL)
    wait_for(lambda: not agent.is_running(world.home))
    assert agent.stop(world.home)
    assert processes_of(world.home.root) == []
    assert not agent.stop(world.home)


ENDS = """
import pathlib, signal, sys, time
def end(*_):
    time.sleep({seconds})
    pathlib.Path({file!r}).write_text(str(time.time()))
    sys.exit(0)
signal.signal(signal.SIGTERM, end)
"""


def test_a_sidecar_is_asked_by_its_port_and_ends_after_what_it_stands_before(
    world: World, tmp_path: Path
) -> None:
    """As the front of Triton: what was begun when the pod was deleted is answered through it."""
    last = {name: tmp_path / name for name in ("main", "front")}
    scripts = {name: ENDS.format(seconds=0.5, file=str(file)) for name, file in last.items()}
    front = container(
        scripts["front"] + SERVER,
        env=[
            {"name": "POD_IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}},
            {"name": "VERSION", "value": "1"},
        ],
        ports=[{"name": "http", "containerPort": 8080}],
        readinessProbe={"httpGet": {"path": "/", "port": "http"}, "periodSeconds": 1},
    )
    front |= {"name": "front", "restartPolicy": "Always"}
    deploy(world, "1")
    deployment = world.cluster.get("Deployment", "web", "default")
    assert deployment is not None
    deployment["spec"]["template"]["spec"] = {
        "initContainers": [front],
        "containers": [container(scripts["main"] + "time.sleep(1000)")],
        "terminationGracePeriodSeconds": 20,
    }
    world.apply(deployment)
    wait_for(lambda: out(world) and answers(world) == ["1"])
    world.cluster.delete("Deployment", "web", "default")
    agent.ensure(world.home)
    wait_for(lambda: world.cluster.list("Pod") == [])
    ended = {name: float(file.read_text()) for name, file in last.items()}
    assert ended["front"] - ended["main"] >= 0.4
