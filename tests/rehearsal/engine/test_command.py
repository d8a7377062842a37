"""The engine as the CLI runs it: it goes on after a kill, respects a lock in use, and says one sentence."""

from __future__ import annotations

import json
import os
import socket
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from rehearsal.engine import leftovers
from rehearsal.engine.command import Engine
from rehearsal.engine.errors import EngineError
from rehearsal.engine.result import Result
from rehearsal.home import Home
from rehearsal.recovery import recover

pytestmark = pytest.mark.engine

_PROGRAM = "import pulumi\npulumi.export('a', 1)\n"


def _lock(home: Home, pid: int, host: str = "", since: datetime | None = None) -> Path:
    folder = home.state / ".pulumi" / "locks" / "organization" / "tiny" / "one"
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "0000.json"
    when = (since or datetime.now(UTC)).isoformat()
    content = {"pid": pid, "username": "x", "hostname": host or socket.gethostname(), "timestamp": when}
    file.write_text(json.dumps(content))
    return file


def _dead() -> int:
    process = subprocess.Popen(["/bin/true"])
    process.wait()
    return process.pid


def test_the_lock_of_a_killed_engine_is_removed_and_said(home: Home, tiny: Callable[..., Path]) -> None:
    said: list[str] = []
    engine = Engine(home, tiny(_PROGRAM), said.append)
    engine.stack_select_or_init("one")
    dead = _dead()
    file = _lock(home, dead)

    engine.up("one")

    assert said == [f"Removed the lock of an engine that was killed (process {dead})."]
    assert not file.exists()


def test_a_process_that_only_has_the_number_of_a_dead_engine_holds_nothing(home: Home) -> None:
    _lock(home, os.getpid())
    (lock,) = leftovers.locks(home, "tiny", "one")
    assert not lock.held


@pytest.mark.parametrize("host", ["", "another-machine"])
def test_a_held_lock_is_respected(host: str, home: Home, tiny: Callable[..., Path]) -> None:
    engine = Engine(home, tiny(_PROGRAM))
    engine.stack_select_or_init("one")
    with (home.root / "pulumi-sleep").open("wb") as copy:
        copy.write(Path("/bin/sleep").read_bytes())
    (home.root / "pulumi-sleep").chmod(0o755)
    with subprocess.Popen([home.root / "pulumi-sleep", "600"]) as holder:
        try:
            file = _lock(home, holder.pid, host)
            with pytest.raises(EngineError, match=f"in use by process {holder.pid}"):
                engine.up("one")
            assert file.exists()
        finally:
            holder.kill()


def test_what_a_killed_engine_left_open_is_brought_to_an_end_before_the_next_up(
    home: Home, tiny: Callable[..., Path]
) -> None:
    said: list[str] = []
    engine = Engine(home, tiny(_PROGRAM), said.append, recover)
    engine.up("one")
    half_done = {
        "urn": "urn:pulumi:one::tiny::aws:s3/bucketPolicy:BucketPolicy::half",
        "custom": True,
        "type": "aws:s3/bucketPolicy:BucketPolicy",
        "inputs": {"bucket": "one"},
    }
    file = home.state / ".pulumi" / "stacks" / "tiny" / "one.json"
    state = json.loads(file.read_text())
    state["checkpoint"]["latest"]["pending_operations"] = [{"resource": half_done, "type": "creating"}]
    file.write_text(json.dumps(state))
    assert leftovers.has_pending_operations(home, "tiny", "one")

    result = engine.up("one")

    assert result.unchanged == 1
    assert not [text for text in result.diagnostics if "pending" in text.message]
    assert not leftovers.has_pending_operations(home, "tiny", "one")
    (line,) = said
    assert line.startswith("half (aws:s3/bucketPolicy:BucketPolicy) is made again by the next up")


def test_stacks_come_and_go_without_a_word_in_the_stack_files(home: Home, tiny: Callable[..., Path]) -> None:
    engine = Engine(home, tiny(_PROGRAM))
    before = {file: file.read_bytes() for file in engine.project_dir.rglob("*.yaml")}
    assert engine.stack_select_or_init("two")
    assert not engine.stack_select_or_init("two")
    assert engine.stacks() == ["two"]
    engine.remove("two")
    assert engine.stacks() == []
    assert {file: file.read_bytes() for file in engine.project_dir.rglob("*.yaml")} == before


def test_a_missing_output_names_those_there(home: Home, tiny: Callable[..., Path]) -> None:
    engine = Engine(home, tiny(_PROGRAM))
    engine.up("one")
    assert engine.output("one", "a") == 1
    with pytest.raises(EngineError, match=r"no output 'b' \(it has a\)"):
        engine.output("one", "b")


def test_a_result_counts_what_the_summary_says() -> None:
    result = Result("up", "one")
    result.take({"summaryEvent": {"resourceChanges": {"same": 2, "create": 3, "replace": 1, "delete": 1}}})
    assert (result.created, result.unchanged, result.replaced, result.deleted) == (3, 2, 1, 1)
    assert str(result).startswith("3 created, 1 replaced, 1 deleted, 2 unchanged in")


def test_the_environment_of_a_rehearsal_has_no_credentials_of_the_host(home: Home) -> None:
    base = {
        "PATH": "/bin",
        "AWS_PROFILE": "work",
        "OS_PASSWORD": "x",
        "PULUMI_ACCESS_TOKEN": "x",
        "LANG": "C",
    }
    environment = home.environment(base)
    assert not {"AWS_PROFILE", "OS_PASSWORD", "PULUMI_ACCESS_TOKEN"} & set(environment)
    assert environment["LANG"] == "C"
    assert environment["PATH"] == f"{home.bin}{os.pathsep}/bin"
    assert home.environment(environment)["PATH"] == environment["PATH"]
