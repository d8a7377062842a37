"""Deployments and Services by Kubernetes' own controllers, with real processes that answer."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from rehearsal import json_files
from rehearsal.cluster import agent
from rehearsal.cluster.agent_loop import ABOUT
from rehearsal.cluster.of_home import ready_endpoints
from rehearsal.cluster.pod_address import here
from rehearsal.programs.endings import still_running
from tests.rehearsal.cluster.conftest import CLUSTER, SECONDS, World, conditions, container, wait_for

pytestmark = pytest.mark.timeout(300)

SERVE = (
    "import http.server, os, pathlib\n"
    "class Answer(http.server.BaseHTTPRequestHandler):\n"
    "    def do_GET(self):\n"
    "        self.send_response(503 if pathlib.Path(os.environ['CLOSED']).exists() else 200)\n"
    "        self.end_headers()\n"
    "    def log_message(self, *_): pass\n"
    "http.server.HTTPServer((os.environ['IP'], 8000), Answer).serve_forever()\n"
)


@pytest.fixture
def web(world: World) -> Iterator[Path]:
    """Two servers behind a Service; while the file exists, they say that they are not ready."""
    closed = world.home.root / "closed"
    world.deployment("web", "", pod=pod(closed, "1"), replicas=2, strategy=SURGE)
    ports = [{"name": "http", "port": 80, "targetPort": "web"}]
    world.apply("Service", "web", {"selector": {"app": "web"}, "ports": ports})
    wait_for(lambda: len(serving(world)) == 2, SECONDS)
    yield closed
    closed.unlink(missing_ok=True)
    world.cluster.api.delete("apps/v1", "Deployment", "web", "default")
    world.cluster.api.delete("v1", "Service", "web", "default")
    wait_for(lambda: not world.all_pods(app="web"), SECONDS)


SURGE = {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}}


def pod(closed: Path, version: str) -> dict[str, Any]:
    env = [
        {"name": "IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}},
        {"name": "CLOSED", "value": str(closed)},
        {"name": "VERSION", "value": version},
    ]
    # What it says counts, not how soon a busy machine lets it say so.
    probe = {"httpGet": {"port": "web"}, "periodSeconds": 1, "failureThreshold": 1, "timeoutSeconds": 60}
    ports = [{"name": "web", "containerPort": 8000}]
    return {"containers": [container(SERVE, env=env, ports=ports, readinessProbe=probe)]}


def serving(world: World) -> list[tuple[str, dict[str, int]]]:
    return ready_endpoints(world.home, CLUSTER, "default", "web")


def processes(world: World) -> dict[str, int]:
    """The pid of each pod's process, of pods that have one."""
    found: dict[str, int] = {}
    for name in (one["metadata"]["name"] for one in world.pods(app="web")):
        state = json_files.read(world.cluster.pod_folder("default", name) / "run" / "main" / "state.json")
        found |= {name: int(state["pid"])} if state else {}
    return found


def test_a_rolling_update_never_has_fewer_than_two_ready(world: World, web: Path) -> None:
    before = set(processes(world))
    world.deployment("web", "", pod=pod(web, "2"), replicas=2, strategy=SURGE)
    counts = []

    def over() -> bool:
        counts.append(len(serving(world)))
        status = world.get("Deployment", "web")["status"]
        new = status.get("observedGeneration") == world.get("Deployment", "web")["metadata"]["generation"]
        return bool(new and status.get("updatedReplicas") == status.get("readyReplicas") == 2) and not (
            before & set(processes(world))
        )

    wait_for(over, SECONDS)
    assert min(counts) >= 2
    assert conditions(world.get("Deployment", "web")).keys() >= {"Available", "Progressing"}
    assert all(ip.startswith("127.77.") and ports == {"http": 8000} for ip, ports in serving(world))


def test_a_readiness_probe_gates_the_endpoint_slice(world: World, web: Path) -> None:
    web.touch()
    wait_for(lambda: serving(world) == [], SECONDS)
    assert "Ready" not in conditions(world.pods(app="web")[0])
    web.unlink()
    wait_for(lambda: len(serving(world)) == 2, SECONDS)


def test_a_load_balancer_hands_on_to_what_is_ready_and_pods_know_it_by_name(world: World, web: Path) -> None:
    ports = [{"name": "http", "port": 8081, "targetPort": "web"}]
    world.apply("Service", "shop", {"type": "LoadBalancer", "selector": {"app": "web"}, "ports": ports})

    def given() -> str:
        status = world.get("Service", "shop").get("status", {})
        return "".join(each["ip"] for each in status.get("loadBalancer", {}).get("ingress", ()))

    address = wait_for(lambda: here(given()), SECONDS)
    url = f"http://{address}:8081/"
    wait_for(lambda: answers(url) == 200, SECONDS)
    # The cluster's own name of it, as a pod asks.
    ask = "import urllib.request, sys; print(urllib.request.urlopen(sys.argv[1]).status)"
    world.job(
        "asks", "", template={"containers": [{**container(ask), "args": ["http://shop.default:8081/"]}]}
    )
    assert "Complete" in conditions(world.finished("asks"))
    (asked,) = world.job_pods("asks")
    assert world.log(asked) == "200\n"
    # No connection meets the pod that is killed, and none waits for it to come back.
    pid = next(iter(processes(world).values()))
    process = psutil.Process(pid)
    os.kill(pid, signal.SIGKILL)
    assert still_running([process], SECONDS) == []  # until then the kernel takes connections in its name
    assert {answers(url) for _ in range(20)} == {200}
    # Nobody is behind it: the connection is closed, and a later one answered again.
    web.touch()
    wait_for(lambda: answers(url) is None, SECONDS)
    web.unlink()
    wait_for(lambda: answers(url) == 200, SECONDS)
    world.cluster.api.delete("v1", "Service", "shop", "default")
    wait_for(lambda: refused(url), SECONDS)


def answers(url: str) -> int | None:
    """The status; None where the connection is closed without one."""
    try:
        return httpx.get(url, trust_env=False).status_code
    except httpx.TransportError:
        return None


def refused(url: str) -> bool:
    """Whether nobody listens any more."""
    try:
        httpx.get(url, trust_env=False)
    except httpx.ConnectError:
        return True
    except httpx.TransportError:
        return False
    return False


def test_a_killed_agents_processes_are_taken_over(world: World, web: Path) -> None:
    before = processes(world)
    dead = json_files.read(world.home.clusters / ABOUT)["pid"]
    os.kill(dead, signal.SIGKILL)
    wait_for(lambda: not agent.is_running(world.home), SECONDS)
    agent.ensure(world.home)
    world.job("after", "print('again')")
    assert "Complete" in conditions(world.finished("after"))
    assert processes(world) == before
    assert all(psutil.pid_exists(pid) for pid in before.values())
    restarts = [one["status"]["containerStatuses"][0]["restartCount"] for one in world.pods(app="web")]
    assert restarts == [0, 0]
    (one,) = world.job_pods("after")
    assert world.log(one) == "again\n"  # asked of the new agent, at its own port


def test_a_killed_process_leaves_the_endpoints_and_comes_back(world: World, web: Path) -> None:
    before = processes(world)
    web.touch()  # so that the new one is not ready before somebody has looked
    name, pid = next(iter(before.items()))
    os.kill(pid, signal.SIGKILL)
    wait_for(lambda: serving(world) == [], SECONDS)
    web.unlink()
    wait_for(lambda: len(serving(world)) == 2, SECONDS)
    assert processes(world)[name] != pid
    restarts = {
        one["metadata"]["name"]: one["status"]["containerStatuses"][0]["restartCount"]
        for one in world.pods(app="web")
    }
    assert restarts == {each: int(each == name) for each in before}


def test_an_update_that_cannot_start_keeps_the_old_pods(world: World, web: Path) -> None:
    before = processes(world)
    broken = pod(web, "2")
    broken["containers"][0] |= {"command": ["python", "-S", "-c", "raise SystemExit('no')"]}
    world.deployment("web", "", pod=broken, replicas=2, strategy=SURGE)

    def loops() -> bool:
        statuses = [s for p in world.pods(app="web") for s in p["status"].get("containerStatuses", ())]
        return any(s["state"].get("waiting", {}).get("reason") == "CrashLoopBackOff" for s in statuses)

    wait_for(loops, SECONDS)
    assert len(serving(world)) == 2
    assert before.items() <= processes(world).items()


ENDS = (
    "import os, pathlib, signal, sys, time\n"
    "def end(*_):\n"
    "    time.sleep(0.5)\n"
    "    pathlib.Path(os.environ['LAST']).write_text(str(time.time()))\n"
    "    sys.exit(0)\n"
    "signal.signal(signal.SIGTERM, end)\n"
)


def test_a_sidecar_is_asked_by_its_port_and_ends_after_what_it_stands_before(world: World) -> None:
    """As the front of Triton: what was begun when the pod was deleted is answered through it."""
    last = {name: world.home.root / f"last-{name}" for name in ("main", "front")}
    one = pod(world.home.root / "never", "1")["containers"][0]
    front = {**one, "command": ["python", "-S", "-c", ENDS + SERVE], "name": "front"}
    front |= {"restartPolicy": "Always", "env": [*one["env"], {"name": "LAST", "value": str(last["front"])}]}
    env = [{"name": "LAST", "value": str(last["main"])}]
    spec = {
        "initContainers": [front],
        "containers": [container(ENDS + "time.sleep(1000)", env=env)],
        "terminationGracePeriodSeconds": 20,
    }
    world.apply("Pod", "fronted", spec)
    wait_for(lambda: "Ready" in conditions(world.get("Pod", "fronted")), SECONDS)
    world.cluster.api.delete("v1", "Pod", "fronted", "default")
    wait_for(lambda: not world.get("Pod", "fronted"), SECONDS)
    ended = {name: float(file.read_text()) for name, file in last.items()}
    assert ended["front"] - ended["main"] >= 0.4
