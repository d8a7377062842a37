"""Charts: recorded in their cluster as releases, the definitions of their kinds served first."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from rehearsal.control_plane.api import Api
from rehearsal.plugins.backend import UNKNOWN, Refused
from rehearsal.plugins.kubernetes.definitions import charts, of_chart
from tests.rehearsal.plugins.kubernetes.conftest import BACKGROUND, Engine

pytestmark = pytest.mark.timeout(300)

RELEASE = "helm.sh/v3:Release"
SCALED = "keda.sh/v1alpha1:ScaledObject"


def chart(namespace: str, name: str = "keda", **more: Any) -> dict[str, Any]:
    repository = {"repo": "https://kedacore.github.io/charts"}
    return {
        "name": name,
        "chart": "keda",
        "version": "2.20.2",
        "namespace": namespace,
        "repositoryOpts": repository,
        **more,
    }


def scaled(namespace: str, **spec: Any) -> dict[str, Any]:
    trigger = {"type": "cpu", "metricType": "Utilization", "metadata": {"value": "70"}}
    target = {"scaleTargetRef": {"name": "triton"}, "triggers": [trigger]}
    metadata = {"name": "triton", "namespace": namespace, "annotations": BACKGROUND}
    return {"metadata": metadata, "spec": {**target, **spec}}


def test_a_release_is_made_read_changed_and_deleted_with_its_kinds(
    engine: Engine, api: Api, namespace: str
) -> None:
    backend = engine.backend
    inputs = chart(namespace, values={"operator": {"replicaCount": 2}})
    assert backend.preview(engine.resource(RELEASE, inputs))["status"] is UNKNOWN
    release = engine.up(RELEASE, inputs)
    assert release.id == f"{namespace}/keda"
    assert (release.outputs["status"]["status"], release.outputs["status"]["revision"]) == ("deployed", 1)
    found = backend.read(release)
    assert found is not None
    assert found.inputs == release.inputs

    # The kinds are served: what uses them is judged by their definition.
    with pytest.raises(Refused, match="minReplicaCount"):
        backend.preview(engine.resource(SCALED, scaled(namespace, minReplicaCount="x")))
    with pytest.raises(Refused, match=r'unknown field "spec\.replicas"'):
        backend.preview(engine.resource(SCALED, scaled(namespace, replicas=1)))
    made = engine.up(SCALED, scaled(namespace, minReplicaCount=0))
    assert backend.read(made) is not None

    with pytest.raises(Refused, match="cannot re-use a name that is still in use"):
        engine.up(RELEASE, inputs)
    changed = engine.changed(release, chart(namespace, version="2.20.3"))
    assert backend.diff(release, changed).replaces == frozenset()
    assert backend.update(release, changed)["status"]["revision"] == 2
    found = backend.read(changed)
    assert found is not None
    assert found.inputs["version"] == "2.20.3"
    assert "values" not in found.inputs

    backend.delete(made)
    backend.delete(changed)
    assert backend.read(changed) is None
    assert all(
        api.get(each["apiVersion"], each["kind"], each["metadata"]["name"]) is None
        for each in of_chart("keda")
    )
    with pytest.raises(Refused, match="release: not found"):
        backend.delete(changed)
    with pytest.raises(Refused, match="no deployed releases"):
        backend.update(changed, changed)


def test_another_name_or_namespace_is_another_release(engine: Engine, namespace: str) -> None:
    one = replace(engine.resource(RELEASE, chart(namespace)), id=f"{namespace}/keda")
    other = engine.changed(one, chart(namespace, name="other"))
    assert engine.backend.diff(one, other).replaces == {"name"}
    assert engine.backend.diff(one, engine.changed(one, chart("elsewhere"))).replaces == {"namespace"}


def test_what_helm_would_refuse_is_refused(engine: Engine) -> None:
    with pytest.raises(Refused, match='namespaces "nowhere" not found'):
        engine.up(RELEASE, chart("nowhere", chart="unknown"))
    with pytest.raises(Refused, match="names no version"):
        engine.up(RELEASE, chart("default", version=None))
    made = engine.resource(RELEASE, {"chart": "keda", "version": "1.0.0"})
    assert made.inputs["namespace"] == "default"
    assert made.inputs["name"].startswith("it-")


@pytest.mark.parametrize("folder", charts())
def test_every_definition_that_is_kept_is_one_of_the_api_servers(
    engine: Engine, api: Api, folder: str
) -> None:
    for definition in of_chart(folder):
        api.apply(definition, dry_run=True)
