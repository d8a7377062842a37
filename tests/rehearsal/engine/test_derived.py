"""Copies of cloud stack files: no secret of the owner's, nothing else changed, the original untouched."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isthmus.stack_files import parse, read, write
from isthmus.stack_files.scalars import lost_on_the_way
from rehearsal.engine.command import Engine
from rehearsal.engine.derived import PLACEHOLDER, derive
from rehearsal.engine.errors import EngineError
from rehearsal.home import Home

_SECRET = {"secure": "v1:owner:secret"}
_plain = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.text(max_size=8).filter(lambda text: not lost_on_the_way(text))
    | st.sampled_from(["0123", "on", "1e3"])
)
_keys = st.text("abcdefgh", min_size=1, max_size=5)
_values = st.recursive(
    _plain | st.just(_SECRET),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_keys, inner, max_size=3),
    max_leaves=8,
)


def _masked(value: Any) -> Any:
    if isinstance(value, dict):
        if set(value) == {"secure"}:
            return "<secret>"
        return {key: _masked(item) for key, item in value.items()}
    return [_masked(item) for item in value] if isinstance(value, list) else value


def _count(value: Any) -> int:
    if isinstance(value, dict):
        return 1 if value == _SECRET else sum(map(_count, value.values()))
    return sum(map(_count, value)) if isinstance(value, list) else 0


@settings(max_examples=40)
@given(st.dictionaries(_keys.map("tiny:{}".format), _values, max_size=4))
def test_every_secret_is_replaced_and_all_else_is_kept(
    tmp_path_factory: pytest.TempPathFactory, config: dict[str, Any]
) -> None:
    folder = tmp_path_factory.mktemp("derived")
    file = folder / "stacks" / "Pulumi.prod.yaml"
    file.parent.mkdir()
    file.write_text(write({"secretsprovider": "awskms://alias/x", "config": config}))
    before = file.read_bytes()
    assert read(file).config == config

    derived = derive(Home(folder / "home"), folder, "prod")

    text = derived.path.read_text()
    assert "owner" not in text
    assert _masked(dict(parse(text.encode()).config)) == _masked(config)
    assert len(derived.replaced) == _count(config)
    assert derived.dropped == ("secretsprovider",)
    assert file.read_bytes() == before


def test_a_missing_stack_file_names_the_ones_there(tmp_path: Path) -> None:
    (tmp_path / "stacks").mkdir()
    (tmp_path / "stacks" / "Pulumi.dev.yaml").write_text("config: {}\n")
    with pytest.raises(EngineError, match="the stacks here are dev"):
        derive(Home(tmp_path / "home"), tmp_path, "prod")


_PROGRAM = """
import pulumi
config = pulumi.Config()
pulumi.export("key", config.require_secret("key"))
pulumi.export("deep", config.require_secret_object("deep").apply(lambda deep: deep["keys"][0]))
pulumi.export("zones", config.require_object("zones"))
"""
_STACK_FILE = """\
secretsprovider: awskms://alias/x?region=eu-west-1
encryptedkey: AQICAHhX
config:
  tiny:key: {secure: "v1:of:kms"}
  tiny:deep: {keys: [{secure: "v1:of:kms"}]}
  tiny:zones: [eu-west-1a]
"""


@pytest.mark.engine
def test_the_engine_opens_the_placeholders_and_writes_into_no_stack_file(
    home: Home, tiny: Callable[..., Path]
) -> None:
    project = tiny(_PROGRAM, _STACK_FILE)
    before = {file.name: file.read_bytes() for file in (project / "stacks").iterdir()}
    engine = Engine(home, project)
    derived = derive(home, project, "one")

    preview = engine.preview("one", config_file=derived.path)
    assert preview.created == 1
    assert "[secret]" in preview.stdout

    engine.up("one", config_file=derived.path)
    outputs = engine.outputs("one", show_secrets=True)
    assert outputs == {"key": PLACEHOLDER, "deep": PLACEHOLDER, "zones": ["eu-west-1a"]}
    assert engine.outputs("one")["key"] == "[secret]"
    assert {file.name: file.read_bytes() for file in (project / "stacks").iterdir()} == before
