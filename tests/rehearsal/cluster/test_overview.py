"""The commands that show pods, with a pod that runs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from isthmus.cli.commands.logs import logs
from isthmus.cli.commands.status import status
from rehearsal.cluster import overview
from rehearsal.cluster.overview import PodLine, log_files
from rehearsal.home import Home
from tests.rehearsal.cluster.conftest import CLUSTER, IMAGE, SECONDS, World, container, wait_for

pytestmark = pytest.mark.timeout(300)


def command(function: object) -> typer.Typer:
    app = typer.Typer()
    app.command()(function)  # type: ignore[type-var]
    return app


def test_status_and_logs_tell_of_a_restarted_pod(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    script = (
        "import os, pathlib, time\n"
        "flag = pathlib.Path(os.environ['HOME']) / 'again'\n"
        "print('second' if flag.exists() else 'first', flush=True)\n"
        "flag.exists() and time.sleep(600)\n"
        "flag.touch(); raise SystemExit(1)"
    )

    world.job("restless", script, template={"restartPolicy": "OnFailure", "containers": [container(script)]})

    def said() -> str:
        try:
            return "".join(file.read_text() for file in log_files(world.home, "restless"))
        except FileNotFoundError:
            return ""  # between two runs

    wait_for(lambda: said() == "second\n", SECONDS)
    monkeypatch.setenv("ISTHMUS_HOME", str(world.home.root))
    monkeypatch.setenv("COLUMNS", "250")
    run = CliRunner()
    assert run.invoke(command(logs), ["rest"]).output == "second\n"
    assert run.invoke(command(logs), ["rest", "--previous"]).output == "first\n"
    refused = run.invoke(command(logs), ["nobody"])
    assert "no pod's name begins with 'nobody'" in str(refused.exception)
    wait_for(lambda: "Running" in run.invoke(command(status), ["--site", "aws"]).output, SECONDS)
    shown = run.invoke(command(status), []).output
    assert "restless" in shown
    assert "this Python environment" in shown
    assert "No pods in openstack" in run.invoke(command(status), ["--site", "openstack"]).output


@pytest.mark.parametrize(
    ("short", "meant"),
    [
        ("train-0", ["train-36a68437-0-r6x9c", "train-9d-0-aaaaa"]),
        ("train", ["train-36a68437-0-r6x9c", "train-36a68437-1-0k2fd", "train-9d-0-aaaaa"]),
        ("train-36a68437-1", ["train-36a68437-1-0k2fd"]),
        ("train-1-0k2fd", ["train-36a68437-1-0k2fd"]),
        ("train-36a68437-1-0k2fd", ["train-36a68437-1-0k2fd"]),
        ("serving/triton", ["triton-a-b"]),
        (
            "",
            [
                "rank-0-x",
                "train-36a68437-0-r6x9c",
                "train-36a68437-1-0k2fd",
                "train-9d-0-aaaaa",
                "triton-a-b",
            ],
        ),
        ("0", []),
        ("rain-0", []),
        ("training/triton", []),
        ("train-2", []),
    ],
)
def test_a_pod_is_meant_by_its_words(
    short: str, meant: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = [
        PodLine("isthmus-local-aws", "aws", space, name, 1, 1, "Running", 0, 1.0, "i", "s", "a", "", False)
        for space, name in (
            ("training", "rank-0-x"),
            ("training", "train-36a68437-0-r6x9c"),
            ("training", "train-36a68437-1-0k2fd"),
            ("training", "train-9d-0-aaaaa"),
            ("serving", "triton-a-b"),
        )
    ]
    monkeypatch.setattr(overview, "pod_lines", lambda *_: there)
    found = [line.name for line in overview.named(Home(tmp_path), short)]
    assert found == meant


def test_following_ends_with_the_pod_and_an_unknown_name_is_a_sentence(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = "import time\nprint('begins', flush=True)\ntime.sleep(1)\nprint('ends')"
    world.job("train-36a68437", script, completions=1, completionMode="Indexed")
    monkeypatch.setenv("ISTHMUS_HOME", str(world.home.root))
    run = CliRunner()
    # Asked before there is a pod, it waits for one.
    assert run.invoke(command(logs), ["train-0", "--follow"]).output == "begins\nends\n"
    world.finished("train-36a68437")
    assert run.invoke(command(logs), ["train-0", "--follow"]).output == "begins\nends\n"
    for arguments in (["nobody"], ["nobody", "--follow"], ["train-1", "--follow"]):
        told = str(run.invoke(command(logs), arguments).exception)
        assert f"no pod's name begins with {arguments[0]!r}" in told
        assert "train-36a68437-0-" in told


@pytest.mark.parametrize("width", ["20", "80", "200"])
def test_status_in_a_pipe_is_one_line_a_pod_and_json(
    world: World, monkeypatch: pytest.MonkeyPatch, width: str
) -> None:
    job = world.job(f"a-job-with-a-name-as-long-as-names-are-{width}", "print('done')")
    world.finished(job["metadata"]["name"])
    (pod,) = world.job_pods(job["metadata"]["name"])
    monkeypatch.setenv("ISTHMUS_HOME", str(world.home.root))
    monkeypatch.setenv("COLUMNS", width)
    run = CliRunner()
    shown = run.invoke(command(status), []).output.splitlines()
    (line,) = [one for one in shown if pod["metadata"]["name"] in one]
    assert line.split()[:3] == [f"default/{pod['metadata']['name']}", "0/1", "Completed"]
    told_of = json.loads(run.invoke(command(status), ["--json"]).output)["pods"]
    (told,) = [one for one in told_of if one["name"] == pod["metadata"]["name"]]
    assert told | {"ageSeconds": 0} == {
        "site": "aws",
        "cluster": CLUSTER,
        "namespace": "default",
        "name": pod["metadata"]["name"],
        "state": "Completed",
        "ready": 0,
        "containers": 1,
        "restarts": 0,
        "ageSeconds": 0,
        "address": told["address"],
        "image": IMAGE,
        "standsIn": "this Python environment",
        "message": told["message"],
    }
