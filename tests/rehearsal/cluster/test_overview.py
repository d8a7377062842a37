"""The commands that show pods, with a pod that runs."""

from __future__ import annotations

import pytest
import typer
from typer.testing import CliRunner

from cli.commands.logs import logs
from cli.commands.status import status
from rehearsal.cluster.overview import log_files
from tests.rehearsal.cluster.conftest import World, container, wait_for


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

    job = world.job(
        "restless", script, template={"restartPolicy": "OnFailure", "containers": [container(script)]}
    )

    def said() -> str:
        try:
            return "".join(file.read_text() for file in log_files(world.home, job["metadata"]["name"]))
        except FileNotFoundError:
            return ""  # between two runs

    wait_for(lambda: said() == "second\n")
    monkeypatch.setenv("ISTHMUS_HOME", str(world.home.root))
    monkeypatch.setenv("COLUMNS", "250")
    run = CliRunner()
    assert run.invoke(command(logs), ["rest"]).output == "second\n"
    assert run.invoke(command(logs), ["rest", "--previous"]).output == "first\n"
    refused = run.invoke(command(logs), ["nobody"])
    assert "no pod's name begins with 'nobody'" in str(refused.exception)
    wait_for(lambda: "Running" in run.invoke(command(status), ["--site", "aws"]).output)
    shown = run.invoke(command(status), []).output
    assert "restless" in shown
    assert "this Python environment" in shown
    assert "No pods in openstack" in run.invoke(command(status), ["--site", "openstack"]).output
