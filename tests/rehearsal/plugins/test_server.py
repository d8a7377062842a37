"""The protocol as the engine speaks it: real gRPC, a cloud of files behind it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent import futures
from pathlib import Path
from typing import Any

import grpc
import psutil
import pytest

from rehearsal.plugins import wire
from rehearsal.plugins.backend import (
    UNKNOWN,
    Backend,
    Change,
    Created,
    Found,
    Incomplete,
    Properties,
    Refused,
    Resource,
    UnknownType,
)
from rehearsal.plugins.difference import changed_keys
from rehearsal.plugins.engine_log import EngineLog
from rehearsal.plugins.protocol import SECRET, SIGNATURE, UNKNOWN_TEXT, provider, provider_grpc
from rehearsal.plugins.server import Servicer, serve

TYPE = "files:index:File"
URN = f"urn:pulumi:s::p::{TYPE}::note"


class Files(Backend):
    """A cloud whose resources are files. Its folder is its scope; ``run`` says which life of it this is."""

    package = "files"

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.run = "first"
        folder.mkdir(exist_ok=True)

    def scope(self) -> str:
        return self.folder.name

    def instance(self) -> str:
        return f"{self.folder.name} {self.run}"

    def configure(self, config: Properties) -> None:
        pass

    def check(self, resource: Resource) -> Properties:
        if resource.type != TYPE:
            raise UnknownType(f"The files plugin does not know {resource.type}")
        if resource.inputs.get("text") == "bad":
            raise Refused("The text must not be bad.", property="text")
        return resource.inputs

    def diff(self, old: Resource, new: Resource) -> Change:
        changed = changed_keys(old.inputs, new.inputs)
        return Change(changed, changed & {"name", "kind"}, True)

    def preview(self, resource: Resource) -> Properties:
        return {**resource.inputs, "path": UNKNOWN}

    def create(self, resource: Resource) -> Created:
        if resource.inputs.get("text") == "bug":
            raise KeyError("oops")
        id = resource.inputs["name"]
        if (self.folder / id).exists():
            raise Refused(f"{id} exists already.")
        (self.folder / id).write_text(json.dumps(resource.inputs))
        created = Created(id, {**resource.inputs, "path": str(self.folder / id), "key": "0123456789"})
        if resource.inputs.get("text") == "slow":
            raise Incomplete("The file is not ready.", created)
        return created

    def read(self, resource: Resource) -> Found | None:
        id = resource.id.removeprefix("import of ")
        path = self.folder / id
        if not path.exists():
            return None
        inputs = json.loads(path.read_text())
        return Found(inputs, {**inputs, "path": str(path)}, id)

    def update(self, old: Resource, new: Resource) -> Properties:
        (self.folder / old.id).write_text(json.dumps(new.inputs))
        return {**new.inputs, "path": str(self.folder / old.id)}

    def delete(self, resource: Resource) -> None:
        (self.folder / resource.id).unlink(missing_ok=True)

    def invoke(self, token: str, arguments: Properties) -> Properties:
        raise UnknownType(f"The files plugin does not know {token}")

    def autonames(self, type: str) -> dict[str, int]:
        return {"name": 20}

    def secret_outputs(self, type: str) -> frozenset[str]:
        return frozenset({"key"})


class Engine:
    """What the engine does to a plugin, in the order in which it does it."""

    def __init__(self, folder: Path, cloud: str = "cloud") -> None:
        self.files = Files(folder / cloud)
        self.servicer = Servicer(self.files, "1.0.0", folder / "journal", EngineLog(""))
        self.server = grpc.server(futures.ThreadPoolExecutor(4))
        provider_grpc.add_ResourceProviderServicer_to_server(self.servicer, self.server)
        port = self.server.add_insecure_port("127.0.0.1:0")
        self.server.start()
        self.plugin = provider_grpc.ResourceProviderStub(grpc.insecure_channel(f"127.0.0.1:{port}"))

    def check(self, news: Properties, olds: Properties | None = None, urn: str = URN) -> Any:
        return self.plugin.Check(
            provider.CheckRequest(urn=urn, news=struct(news), olds=struct(olds or {}), randomSeed=b"x")
        )

    def create(self, inputs: Any, preview: bool = False, urn: str = URN) -> Any:
        return self.plugin.Create(provider.CreateRequest(urn=urn, properties=inputs, preview=preview))

    def diff(self, id: str, old: Properties, new: Properties, urn: str = URN) -> Any:
        request = provider.DiffRequest(
            urn=urn, id=id, olds=struct(old), old_inputs=struct(old), news=struct(new)
        )
        return self.plugin.Diff(request)

    def delete(self, id: str, urn: str = URN) -> None:
        self.plugin.Delete(provider.DeleteRequest(urn=urn, id=id))

    def end(self) -> None:
        self.servicer.stop()
        self.server.stop(None)


def struct(values: Properties) -> Any:
    return wire.encode(wire.Decoded(values))


def secret(value: Any) -> dict[str, Any]:
    return {SIGNATURE: SECRET, "value": value}


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    made = Engine(tmp_path)
    yield made
    made.end()


def refusal(call: Any) -> grpc.RpcError:
    with pytest.raises(grpc.RpcError) as caught:
        call()
    assert "Traceback" not in caught.value.details()
    assert "\n" not in caught.value.details()
    return caught.value


def test_a_secret_stays_one_wherever_it_turns_up(engine: Engine) -> None:
    checked = engine.check({"name": "n", "tags": {"open": "1", "hidden": secret("swordfish")}})
    created = engine.create(checked.inputs)
    assert json.loads((engine.files.folder / "n").read_text())["tags"] == {"open": "1", "hidden": "swordfish"}
    for answer in (checked.inputs, created.properties):
        tags = answer.fields["tags"].struct_value.fields
        assert tags["open"].string_value == "1"
        assert tags["hidden"].struct_value.fields[SIGNATURE].string_value == SECRET
    assert created.properties.fields["key"].struct_value.fields[SIGNATURE].string_value == SECRET
    noted = (engine.servicer._folder / "runs.json").read_text()
    assert "swordfish" not in noted


def test_a_preview_touches_nothing_and_keeps_unknowns(engine: Engine) -> None:
    checked = engine.check({"name": "n", "text": UNKNOWN})
    created = engine.create(checked.inputs, preview=True)
    assert created.id == ""
    assert {k: created.properties.fields[k].string_value for k in ("name", "text", "path")} == {
        "name": "n", "text": UNKNOWN_TEXT, "path": UNKNOWN_TEXT,
    }  # fmt: skip
    assert not list(engine.files.folder.iterdir())
    assert not (engine.servicer._folder).exists()


def test_a_refusal_names_the_input(engine: Engine) -> None:
    [failure] = engine.check({"name": "n", "text": "bad"}).failures
    assert (failure.property, failure.reason) == ("text", "The text must not be bad.")


def test_an_unknown_type_names_the_recipe(engine: Engine) -> None:
    error = refusal(lambda: engine.check({}, urn="urn:pulumi:s::p::files:index:Door::d"))
    assert "files:index:Door" in error.details()
    assert "Add a resource type to the rehearsal" in error.details()
    assert error.code() == grpc.StatusCode.UNIMPLEMENTED


def test_a_defect_is_one_sentence_and_a_log(engine: Engine) -> None:
    error = refusal(lambda: engine.create(struct({"name": "n", "text": "bug"})))
    assert "KeyError" in error.details()
    assert "plugin.log" in error.details()
    assert "Traceback" in (engine.servicer._folder / "plugin.log").read_text()


def test_what_is_not_ready_is_kept_with_its_reason(engine: Engine) -> None:
    error = refusal(lambda: engine.create(struct({"name": "n", "text": "slow"})))
    [trailer] = [value for key, value in error.trailing_metadata() if key == "grpc-status-details-bin"]
    assert b"ErrorResourceInitFailed" in trailer
    assert b"not ready" in trailer


def test_a_made_name_stays_until_it_is_replaced(engine: Engine) -> None:
    first = wire.decode(engine.check({"text": "1"}).inputs).values
    assert first["name"].startswith("note-")
    assert first["__defaults"] == ["name"]
    second = wire.decode(engine.check({"text": "2"}, first).inputs).values
    assert second["name"] == first["name"]
    replacement = wire.decode(engine.check({"text": "2"}).inputs).values
    assert replacement["name"] != first["name"]


def test_a_diff_shows_leaves_and_what_replaces(engine: Engine) -> None:
    kinds = provider.PropertyDiff
    answer = engine.diff(
        "n",
        {"name": "n", "tags": {"a": "1", "b.c": "2"}, "kind": "x"},
        {"name": "n", "tags": {"a": "3"}, "kind": "y"},
    )
    assert {path: found.kind for path, found in answer.detailedDiff.items()} == {
        "tags.a": kinds.UPDATE, 'tags["b.c"]': kinds.DELETE, "kind": kinds.UPDATE_REPLACE,
    }  # fmt: skip
    assert list(answer.replaces) == ["kind"]
    assert answer.deleteBeforeReplace
    assert engine.diff("n", {"a": 1}, {"a": 1, "b": None}).changes == provider.DiffResponse.DIFF_NONE


def test_what_exists_is_refused_whoever_made_it(tmp_path: Path) -> None:
    killed = Engine(tmp_path)
    killed.create(struct({"name": "n", "text": "1"}))
    killed.end()
    later = Engine(tmp_path)
    assert "exists already" in refusal(lambda: later.create(struct({"name": "n", "text": "2"}))).details()
    assert json.loads((tmp_path / "cloud" / "n").read_text())["text"] == "1"
    later.end()


def test_a_read_tells_the_id_of_what_was_asked_for_by_another(engine: Engine) -> None:
    engine.create(struct({"name": "n", "text": "1"}))
    found = engine.plugin.Read(
        provider.ReadRequest(urn=URN, id="import of n", inputs=struct({"name": "n", "text": "2"}))
    )
    assert found.id == "n"
    assert wire.decode(found.inputs).values["text"] == "1"


def test_what_is_deleted_in_one_cluster_is_not_what_stands_in_another(tmp_path: Path) -> None:
    """Where an up fails between a deletion and the new creation, the next one still asks for what is gone."""
    inputs: Properties = {"name": "dns"}
    one, other = Engine(tmp_path, "one"), Engine(tmp_path, "other")
    for engine, urn in ((one, f"{URN}-one"), (other, f"{URN}-other")):
        engine.create(struct(inputs), urn=urn)
    other.files.run = "second"
    for _ in range(2):
        other.delete("dns", f"{URN}-other")
        answer = one.diff("dns", inputs, inputs, f"{URN}-one")
        assert answer.changes == provider.DiffResponse.DIFF_NONE
    one.end()
    other.end()


def test_a_restarted_stand_in_is_told_of_also_under_an_earlier_urn(tmp_path: Path) -> None:
    engine = Engine(tmp_path)
    engine.create(struct({"name": "n"}))
    engine.files.run = "second"
    for urn in (URN, f"{URN}-renamed"):
        error = refusal(lambda urn=urn: engine.diff("n", {"name": "n"}, {"name": "n"}, urn))
        assert "was restarted and has forgotten" in error.details()
    engine.end()


def test_what_is_made_after_a_refresh_of_what_was_forgotten_stands(tmp_path: Path) -> None:
    engine = Engine(tmp_path)
    inputs: Properties = {"name": "n"}
    engine.create(struct(inputs))
    engine.files.run = "second"
    assert engine.plugin.Read(provider.ReadRequest(urn=URN, id="n")).id == ""
    (tmp_path / "cloud" / "n").unlink()
    engine.create(struct(inputs))
    assert engine.diff("n", inputs, inputs).changes == provider.DiffResponse.DIFF_NONE
    engine.end()


def test_read_tells_gone(engine: Engine) -> None:
    assert engine.plugin.Read(provider.ReadRequest(urn=URN, id="never")).id == ""


def test_a_plugin_ends_with_its_engine(tmp_path: Path) -> None:
    script = (
        "import os, subprocess, sys, time\n"
        f"p = subprocess.Popen([sys.executable, {str(Path(__file__))!r}, {str(tmp_path)!r}], stdout=subprocess.PIPE)\n"  # noqa: E501
        "print(p.pid, p.stdout.readline().decode().strip(), flush=True)\n"
        "time.sleep(600)\n"
    )
    root = Path(__file__).parents[3]
    environment = {**os.environ, "PYTHONPATH": str(root)}
    engine = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, env=environment)
    assert engine.stdout is not None
    pid, port = map(int, engine.stdout.readline().split())
    plugin = psutil.Process(pid)
    assert plugin.name().startswith("pulumi-resource"), "recovery would not wait for it"
    assert port > 0
    assert plugin.is_running()
    os.kill(engine.pid, signal.SIGKILL)
    engine.wait()
    for _ in range(2400):
        if not plugin.is_running() or plugin.status() == psutil.STATUS_ZOMBIE:
            break
        time.sleep(0.05)
    else:
        raise AssertionError("the plugin outlived its engine")


if __name__ == "__main__":
    serve(Files(Path(sys.argv[1]) / "cloud"), "1.0.0", Path(sys.argv[1]) / "journal")
