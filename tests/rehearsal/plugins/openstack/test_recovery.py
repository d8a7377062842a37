"""What recovery asks for finds each type of the estate again, and nothing beside it."""

from __future__ import annotations

import pytest

from infra.recovery.identify import TYPES, Again, Question, way
from infra.recovery.pending import Pending
from rehearsal.plugins.backend import Refused, Resource
from rehearsal.plugins.openstack.rows import ROWS

from .cloud import Cloud
from .found_again import found_again
from .samples import SAMPLES


def test_every_type_has_a_way() -> None:
    assert set(ROWS) <= TYPES


@pytest.mark.parametrize("type", ROWS)
def test_it_is_found_by_what_was_declared(cloud: Cloud, type: str) -> None:
    sample = SAMPLES[type]
    cloud.build(sample.needs)
    made = cloud.create(
        type, "it", {"name": "it", **sample.inputs} if ROWS[type].auto_named else sample.inputs
    )
    assert found_again(cloud, made) == made.id
    if isinstance(way(Pending(made.urn, type, "creating", made.inputs, "", "", True)), Again):
        return
    found = cloud.backend.read(Resource(made.urn, type, "it", made.id, made.inputs))
    assert found is not None
    assert found.inputs == made.inputs


def test_what_is_not_there_is_not_found(cloud: Cloud) -> None:
    question = way(
        Pending("u", "openstack:networking/router:Router", "creating", {"name": "none"}, "", "", True)
    )
    assert isinstance(question, Question)
    with pytest.raises(Refused, match="Your query returned no results"):
        cloud.backend.invoke(question.function, dict(question.arguments))
