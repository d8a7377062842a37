"""Our language host under the real engine: what a program, a policy pack and Ctrl-C may rely on."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from rehearsal.engine.command import Engine
from rehearsal.engine.provide import EngineBinary
from rehearsal.engine.result import UpdateFailed
from rehearsal.home import Home
from rehearsal.sandbox import processes_of
from tests.rehearsal.conftest import ROOT

pytestmark = pytest.mark.engine

_COMPONENTS = """
import os, pulumi

class Part(pulumi.ComponentResource):
    def __init__(self, name, size):
        super().__init__("tiny:parts:Part", name)
        self.size = pulumi.Output.from_input(size)
        self.register_outputs({"size": self.size})

config = pulumi.Config()
parts = [Part(f"part-{i}", config.require_secret("size")) for i in range(3)]
pulumi.export("size", parts[0].size)
pulumi.export("pid", os.getpid())
pulumi.export("where", [pulumi.get_project(), pulumi.get_stack(), pulumi.get_organization(), os.getcwd()])
print("said on stdout")
"""


@pytest.fixture(autouse=True)
def _with_our_host(engine_binary: EngineBinary) -> None:
    if not engine_binary.own_language_host:
        pytest.skip("this engine came with its own language host")


def test_components_secrets_and_exports_and_a_fresh_interpreter_for_each_run(
    home: Home, tiny: Callable[..., Path]
) -> None:
    project = tiny(_COMPONENTS, "config:\n  tiny:size: four\n")
    engine = Engine(home, project)

    first = engine.up("one")
    assert (first.created, first.unchanged) == (4, 0)
    assert "said on stdout" in first.stdout
    assert engine.outputs("one")["size"] == "[secret]"
    shown = engine.outputs("one", show_secrets=True)
    assert shown["size"] == "four"
    assert shown["where"] == ["tiny", "one", "organization", str(project / "infra")]

    second = engine.up("one")
    assert (second.created, second.unchanged) == (0, 4)
    assert engine.output("one", "pid") != shown["pid"]

    assert engine.destroy("one").deleted == 4


@pytest.mark.parametrize(
    ("line", "expected", "traceback"),
    [
        ("raise ValueError('a defect')", "ValueError: a defect", True),
        ("raise pulumi.RunError('zones must be two')", "zones must be two", False),
        ("import sys; sys.exit(3)", "sys.exit(3)", False),
        ("import os; os._exit(7)", "exit status 7", False),
        ("import nothing_of_this_name", "No module named 'nothing_of_this_name'", True),
    ],
)
def test_what_ends_a_program_reaches_the_user(
    line: str, expected: str, traceback: bool, home: Home, tiny: Callable[..., Path]
) -> None:
    engine = Engine(home, tiny(f"import pulumi\n{line}\n"))
    with pytest.raises(UpdateFailed) as failure:
        engine.preview("one")
    assert expected in str(failure.value)
    assert ("Traceback" in failure.value.result.stdout) == traceback
    # A traceback begins in the program: what runs it is no part of the story.
    assert "program.py" not in failure.value.result.stdout
    assert "runpy" not in failure.value.result.stdout


def test_an_exception_inside_an_apply_ends_the_run_at_once(home: Home, tiny: Callable[..., Path]) -> None:
    program = """
import asyncio, pulumi
async def for_ever():
    await asyncio.sleep(3600)
pulumi.Output.from_input(for_ever())
pulumi.Output.from_input(1).apply(lambda one: one / 0)
"""
    with pytest.raises(UpdateFailed, match="ZeroDivisionError"):
        Engine(home, tiny(program)).preview("one")


def test_an_async_program_is_awaited(home: Home, tiny: Callable[..., Path]) -> None:
    program = """
import asyncio, pulumi
async def main():
    await asyncio.sleep(0)
    return {"answer": 42}
pulumi.run(main)
"""
    engine = Engine(home, tiny(program))
    engine.up("one")
    assert engine.outputs("one") == {"answer": 42}


def test_a_missing_virtual_environment_is_named(home: Home, tiny: Callable[..., Path]) -> None:
    project = tiny("import pulumi\n")
    (project / ".venv").unlink()
    with pytest.raises(UpdateFailed, match=r"virtual environment .*tiny/\.venv of Pulumi\.yaml is not there"):
        Engine(home, project).preview("one")


_SLEEPS = "import time\nprint('asleep', flush=True)\ntime.sleep(600)\n"


def test_ctrl_c_ends_the_engine_and_all_that_it_started(home: Home, tiny: Callable[..., Path]) -> None:
    engine = Engine(home, tiny(_SLEEPS))

    pressed: list[str] = []

    def press(line: str) -> None:
        if not pressed and "asleep" in line:
            pressed.append(line)
            os.kill(os.getpid(), signal.SIGINT)

    # A shell without job control starts its background jobs deaf to Ctrl-C, tests among them.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            engine.up("one", on_line=press)
    finally:
        signal.signal(signal.SIGINT, before)
    _wait_until(lambda: not processes_of(home))
    # Nothing is locked: the next command starts without any mending.
    said: list[str] = []
    Engine(home, tiny("import pulumi\n"), said.append).up("one")
    assert said == []


@pytest.mark.parametrize("host_too", [False, True], ids=["engine", "engine-and-host"])
def test_a_killed_engine_leaves_no_process(host_too: bool, home: Home, tiny: Callable[..., Path]) -> None:
    project = tiny(_SLEEPS)
    Engine(home, project).stack_select_or_init("one")
    running = subprocess.Popen(
        [home.bin / "pulumi", "up", "--stack", "one", "--yes", "--skip-preview", "--non-interactive"],
        cwd=project,
        env=home.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert running.stdout is not None
    assert any("asleep" in line for line in running.stdout)
    hosts = _hosts(home)
    assert len(hosts) == 1
    running.kill()
    if host_too:
        hosts[0].kill()
    running.wait()
    _wait_until(lambda: not processes_of(home))


def test_a_killed_language_host_takes_the_program_with_it(home: Home, tiny: Callable[..., Path]) -> None:
    engine = Engine(home, tiny(_SLEEPS))
    killed: list[int] = []

    def kill_host(line: str) -> None:
        if "asleep" in line and not killed:
            for process in _hosts(home):
                killed.append(process.pid)
                process.kill()

    result = engine.up("one", on_line=kill_host, check=False)
    assert killed
    assert result.status != 0
    _wait_until(lambda: not processes_of(home))


def test_a_policy_pack_runs_in_the_host(home: Home, tiny: Callable[..., Path], tmp_path: Path) -> None:
    pack = tmp_path / "pack"
    pack.mkdir()
    (pack / "PulumiPolicy.yaml").write_text(
        "name: tiny\nversion: 0.0.1\nruntime:\n  name: python\n"
        f"  options:\n    virtualenv: {ROOT / '.venv'}\n"
    )
    (pack / "__main__.py").write_text(_PACK)
    engine = Engine(home, tiny(_COMPONENTS, "config:\n  tiny:size: four\n"))
    result = engine.preview("one", arguments=("--policy-pack", str(pack)), check=False)
    assert result.status != 0
    assert "parts must have an owner" in result.stdout


# The least that an analyzer answers: no policy library is a dependency of this project.
_PACK = """
import os, time
from concurrent import futures
import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import analyzer_pb2 as pb, analyzer_pb2_grpc, plugin_pb2

class Analyzer(analyzer_pb2_grpc.AnalyzerServicer):
    def Handshake(self, request, context): return pb.AnalyzerHandshakeResponse()
    def GetAnalyzerInfo(self, request, context): return pb.AnalyzerInfo(name="tiny", displayName="tiny")
    def GetPluginInfo(self, request, context): return plugin_pb2.PluginInfo(version="0.0.1")
    def Configure(self, request, context): return empty_pb2.Empty()
    def ConfigureStack(self, request, context): return pb.AnalyzerStackConfigureResponse()
    def Analyze(self, request, context): return pb.AnalyzeResponse()
    def AnalyzeStack(self, request, context):
        found = [resource.urn for resource in request.resources if resource.type == "tiny:parts:Part"]
        return pb.AnalyzeResponse(diagnostics=[pb.AnalyzeDiagnostic(
            policyName="owner", policyPackName="tiny", policyPackVersion="0.0.1", description="owner",
            message="parts must have an owner", enforcementLevel=pb.MANDATORY, urn=found[0])])
    def Remediate(self, request, context): return pb.RemediateResponse()
    def Cancel(self, request, context): return empty_pb2.Empty()

server = grpc.server(futures.ThreadPoolExecutor(4))
analyzer_pb2_grpc.add_AnalyzerServicer_to_server(Analyzer(), server)
port = server.add_insecure_port("127.0.0.1:0")
server.start()
print(port, flush=True)
server.wait_for_termination()
"""


def _hosts(home: Home) -> list[psutil.Process]:
    found = []
    for process in processes_of(home):
        with contextlib.suppress(psutil.Error):
            if "rehearsal.engine.language_host" in process.cmdline():
                found.append(process)
    return found


def _wait_until(true: Callable[[], bool], seconds: float = 120.0) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.1)
