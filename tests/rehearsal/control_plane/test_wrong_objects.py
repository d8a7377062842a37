"""Wrong objects are refused by name by the API server, and so by the preview of a rehearsal that stands."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from rehearsal.control_plane.api import Api
from rehearsal.control_plane.errors import ApiRefused
from rehearsal.control_plane.layout import ControlPlane
from rehearsal.home import Home
from rehearsal.plugins.backend import Refused, Resource
from rehearsal.plugins.kubernetes.backend import KubernetesBackend
from tests.rehearsal.control_plane.estates import objects, right
from tests.rehearsal.control_plane.wrong_objects import GONE, WRONG, Wrong
from tests.rehearsal.plugins.kubernetes.conftest import kubeconfig

ESTATE = "prod, all that can be on"
SITES = tuple(each.inside(f"wrong-{each.site}") for each in objects(ESTATE))
TITLES = [wrong.title for wrong in WRONG]


def changed(wrong: Wrong) -> dict[str, Any]:
    made = right(SITES, wrong.kind, wrong.name)
    for path, value in wrong.changes.items():
        place: Any = made
        *above, last = [int(part) if part.isdigit() else part.replace("~", "/") for part in path.split("/")]
        for part in above:
            place = place[part]
        if value is GONE:
            del place[last]
        else:
            place[last] = value
    return made


@pytest.fixture(scope="module")
def standing(api: Api) -> Api:
    for site in SITES:
        for each in site.of("Namespace"):
            api.apply(each)
    return api


@pytest.fixture(scope="module")
def plugin(plane: ControlPlane) -> KubernetesBackend:
    made = KubernetesBackend(Home(plane.folder.parents[1]))
    made.configure({"kubeconfig": kubeconfig(plane)})
    return made


@pytest.mark.parametrize("wrong", WRONG, ids=TITLES)
def test_the_server_refuses_it_by_name_and_takes_it_without_the_mistake(standing: Api, wrong: Wrong) -> None:
    standing.apply(right(SITES, wrong.kind, wrong.name), dry_run=True)
    with pytest.raises(ApiRefused) as refused:
        standing.apply(changed(wrong), dry_run=True)
    assert wrong.says in str(refused.value)


@pytest.mark.parametrize("wrong", WRONG, ids=TITLES)
def test_a_preview_refuses_it(standing: Api, plugin: KubernetesBackend, wrong: Wrong) -> None:
    inputs = changed(wrong)
    version = inputs["apiVersion"] if "/" in inputs["apiVersion"] else f"core/{inputs['apiVersion']}"
    type = f"kubernetes:{version}:{wrong.kind}"
    resource = Resource(f"urn:pulumi:s::p::{type}::x", type, "x", inputs=inputs)
    resource = replace(resource, inputs=plugin.check(resource))
    with pytest.raises(Refused, match="was not successfully created by the Kubernetes API server: "):
        plugin.preview(resource)


def test_there_are_as_many_kinds_of_mistakes_as_were_asked_for() -> None:
    assert len(set(TITLES)) == len(WRONG) >= 20
