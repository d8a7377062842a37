"""Every row of the table against the real stand-in: create, read, no difference, update, read, delete."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from rehearsal.plugins.aws import types
from rehearsal.plugins.aws.backend import AwsBackend
from rehearsal.plugins.aws.inventory import inventory
from rehearsal.plugins.aws.record import Record
from rehearsal.plugins.backend import UNKNOWN, Resource, UnknownType

from .conftest import connected, reset
from .samples import SAMPLES


class Estate:
    """Samples made in a stand-in, by name."""

    def __init__(self, backend: AwsBackend) -> None:
        self.backend = backend
        self.made: dict[str, Resource] = {}

    def filled(self, value: Any) -> Any:
        if isinstance(value, str):
            return re.sub(r"\{(\w+)(?:\.(\w+))?\}", self._named, value)
        if isinstance(value, list):
            return [self.filled(item) for item in value]
        if isinstance(value, dict):
            return {key: self.filled(item) for key, item in value.items()}
        return value

    def _named(self, match: re.Match[str]) -> str:
        resource = self.made[match[1]]
        return str(resource.outputs[match[2]]) if match[2] else resource.id

    def make(self, name: str) -> Resource:
        if name in self.made:
            return self.made[name]
        sample = SAMPLES[name]
        for need in sample.needs:
            self.make(need)
        bare = Resource(
            f"urn:pulumi:s::p::{sample.type}::{name}", sample.type, name, inputs=self.filled(sample.inputs)
        )
        inputs = self.backend.check(bare)
        created = self.backend.create(Resource(bare.urn, bare.type, name, inputs=inputs))
        self.made[name] = Resource(bare.urn, bare.type, name, created.id, inputs, created.outputs)
        return self.made[name]


def test_every_row_has_a_sample() -> None:
    assert {sample.type for sample in SAMPLES.values()} == set(types.ROWS)


def test_every_row_is_a_type_of_the_sdk() -> None:
    import importlib.util

    spec = importlib.util.find_spec("pulumi_aws")
    assert spec is not None
    assert spec.origin is not None
    root = Path(spec.origin).parent
    for type in types.ROWS:
        module = type.split(":")[1]
        folder, _, name = module.partition("/")
        file = root / folder / (re.sub(r"(?<!^)([A-Z])", r"_\1", name).lower() + ".py")
        assert f"'{type}'" in file.read_text(), type


def offline(folder: Path) -> AwsBackend:
    """A cloud stack's provider: no endpoint, nothing running."""
    backend = AwsBackend(folder)
    backend.configure({"region": "eu-west-1"})
    return backend


def named(value: Any) -> Any:
    """A sample's value where what it needs has been made."""
    if isinstance(value, dict):
        return {key: named(item) for key, item in value.items()}
    if isinstance(value, list):
        return [named(item) for item in value]
    return re.sub(r"\{\w+(\.\w+)?\}", "made-before", value) if isinstance(value, str) else value


@pytest.mark.parametrize("name", SAMPLES)
def test_a_preview_passes_with_what_is_not_known_yet(tmp_path: Path, name: str) -> None:
    backend, sample = offline(tmp_path), SAMPLES[name]
    inputs = named(sample.inputs)
    for wanted in (dict.fromkeys(inputs, UNKNOWN), *({**inputs, key: UNKNOWN} for key in inputs)):
        resource = Resource(f"urn:pulumi:s::p::{sample.type}::{name}", sample.type, name, inputs=wanted)
        checked = backend.check(resource)
        outputs = backend.preview(replace(resource, inputs=checked))
        assert outputs.items() >= checked.items()
        assert set(types.ROWS[sample.type].outputs) <= set(outputs)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("type", types.ROWS)
def test_an_unknown_argument_is_refused_by_name(tmp_path: Path, type: str) -> None:
    inputs = named(next(sample.inputs for sample in SAMPLES.values() if sample.type == type))
    resource = Resource(f"urn:pulumi:s::p::{type}::it", type, "it", inputs={**inputs, "colour": "red"})
    with pytest.raises(UnknownType, match=f"row of {type} does not carry the input colour"):
        offline(tmp_path).check(resource)


@pytest.fixture(scope="module")
def estate(moto: tuple[Path, str]) -> Estate:
    """Everything the module makes; what a sample needs is made once."""
    reset(moto)
    return Estate(connected(moto))


@pytest.mark.parametrize("name", SAMPLES)
def test_what_is_made_reads_back_and_changes_in_place(estate: Estate, name: str) -> None:
    backend, sample = estate.backend, SAMPLES[name]
    made = estate.make(name)
    found = backend.read(made)
    assert found is not None
    assert found.inputs == made.inputs
    assert not backend.diff(replace(made, inputs=found.inputs, outputs=found.outputs), made).changed
    if types.ROWS[sample.type].tags is not None:
        assert made.outputs["tagsAll"] == {"project": "isthmus", **made.inputs.get("tags", {})}
    for output in types.ROWS[sample.type].outputs:
        assert made.outputs.get(output) == found.outputs.get(output), output
    if sample.change is None:
        return
    for need in sample.needs:
        estate.make(need)
    changed = {k: v for k, v in {**made.inputs, **estate.filled(sample.change)}.items() if v is not None}
    assert backend.check(replace(made, inputs=changed, outputs={})) == changed
    new = replace(made, inputs=changed)
    change = backend.diff(made, new)
    assert change.changed, "the change of the sample changes nothing"
    assert not change.replaces
    updated = replace(new, outputs=backend.update(made, new))
    estate.made[name] = updated
    found = backend.read(updated)
    assert found is not None
    assert found.inputs == changed


def test_what_is_deleted_is_gone(estate: Estate, moto: tuple[Path, str]) -> None:
    for name, made in reversed(estate.made.items()):
        estate.backend.delete(made)
        assert estate.backend.read(made) is None or name in _OUTLIVING, name
    for made in reversed(estate.made.values()):
        estate.backend.delete(made)  # a second time is no error
    assert inventory(moto[1]) == {}
    assert Record(moto[0]).all() == {}


# What cannot be deleted: a bucket's versioning is suspended, a VPC's own group loses its rules.
_OUTLIVING = {"versioning", "default_group"}
