"""What recovery asks for finds each type of the estate again, and nothing beside it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from infra.recovery.identify import TYPES, Again, Ask, ById, Question, Way, way
from infra.recovery.pending import Pending
from rehearsal.plugins.aws import types
from rehearsal.plugins.backend import Refused, Resource

from . import test_types
from .conftest import connected, reset
from .samples import SAMPLES
from .test_types import Estate

NAMED = {
    key: replace(sample, inputs={**sample.inputs, "tags": {**(sample.inputs.get("tags") or {}), "Name": key}})
    if types.ROWS[sample.type].tags is not None
    else sample
    for key, sample in SAMPLES.items()
}


@pytest.fixture(scope="module")
def estate(moto: tuple[Path, str]) -> Iterator[Estate]:
    """One of every sample, each with a name among its tags."""
    reset(moto)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(test_types, "SAMPLES", NAMED)
        made = Estate(connected(moto))
        for name in NAMED:
            made.make(name)
        yield made
    reset(moto)


def _way(made: Resource) -> Way:
    inputs = {**made.inputs, "tags": {"project": "isthmus", **(made.inputs.get("tags") or {})}}
    return way(Pending(made.urn, made.type, "creating", inputs, "", "", True))


def _asks(estate: Estate) -> Ask:
    return lambda function, arguments: estate.backend.invoke(function, dict(arguments))


def test_a_key_that_waits_for_its_deletion_is_not_found(estate: Estate) -> None:
    # An estate that was taken down and comes up again has one of each key, with equal tags.
    kind, backend = "aws:kms/key:Key", estate.backend
    made = Resource("urn", kind, "again", inputs={"tags": {"Name": "again", "project": "isthmus"}})
    first = str(backend.create(made).id)
    backend.delete(replace(made, id=first))
    second = str(backend.create(made).id)
    question = _way(made)
    assert isinstance(question, Question)
    assert first in replace(question, life=None).ids(_asks(estate)), "the index has it still"
    assert question.ids(_asks(estate)) == [second]
    backend.delete(replace(made, id=second))
    assert question.ids(_asks(estate)) == []


def test_every_type_has_a_way() -> None:
    assert set(types.ROWS) <= TYPES


@pytest.mark.parametrize("name", SAMPLES)
def test_it_is_found_by_what_was_declared(estate: Estate, name: str) -> None:
    backend, made = estate.backend, estate.made[name]
    match _way(made):
        case Again():
            # AWS takes it a second time, as the same thing.
            again = backend.create(Resource(made.urn, made.type, name, inputs=made.inputs))
            assert again.id == made.id
            return
        case Question() as question:
            (id,) = question.ids(_asks(estate))
            known = ById(id)
        case ById() as known:
            pass
        case other:
            raise AssertionError(f"{made.type} is left to {other}")
    outputs = dict(made.inputs) if known.as_declared else {}
    found = backend.read(Resource(made.urn, made.type, name, known.id, made.inputs, outputs))
    assert found is not None, known
    assert (found.id or known.id) == made.id
    after = Resource(made.urn, made.type, name, made.id, found.inputs, found.outputs)
    assert not backend.diff(after, made).replaces


REFUSED = [
    key
    for key, sample in SAMPLES.items()
    if sample.type.startswith("aws:eks") and "AccessPolicyAssociation" not in sample.type
]


@pytest.mark.parametrize("name", REFUSED)
def test_what_has_a_name_of_its_own_is_refused_a_second_time(estate: Estate, name: str) -> None:
    made = estate.made[name]
    with pytest.raises(Refused, match=r"ResourceInUseException|exists"):
        estate.backend.create(Resource(made.urn, made.type, name, inputs=made.inputs))
