"""A program of a few objects, through the real engine, to a real control plane and back."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from rehearsal.control_plane import clusters, running
from rehearsal.control_plane.api import Api
from rehearsal.control_plane.of_home import control_plane
from rehearsal.engine.command import Engine
from rehearsal.engine.errors import EngineError
from rehearsal.home import Home
from tests.rehearsal.plugins.kubernetes.conftest import NAME, kubeconfig

pytestmark = [pytest.mark.engine, pytest.mark.timeout(600)]

PROGRAM = """
import pulumi
import pulumi_kubernetes as k8s

cluster = k8s.Provider("cluster", kubeconfig={kubeconfig!r}, enable_server_side_apply=True)
opts = pulumi.ResourceOptions(provider=cluster)
namespace = k8s.core.v1.Namespace("shop", metadata={{"name": "shop"}}, opts=opts)
meta = lambda name: {{"name": name, "namespace": namespace.metadata.name}}
k8s.core.v1.ConfigMap("settings", metadata=meta("settings"), data={{"colour": "{colour}"}}, opts=opts)
text = {{"key": pulumi.Output.secret("hidden")}}
secret = k8s.core.v1.Secret("key", metadata=meta("key"), string_data=text, opts=opts)
labels = {{"app": "web"}}
k8s.core.v1.Service("web", metadata=meta("web"),
    spec={{"selector": labels, "ports": [{{"name": "http", "port": {port}}}]}}, opts=opts)
k8s.core.v1.ResourceQuota("pods", metadata=meta("pods"), spec={{"hard": {{"pods": "4"}}}}, opts=opts)
k8s.apps.v1.Deployment("web", metadata=meta("web"), spec={{
    "replicas": 0, "selector": {{"matchLabels": labels}},
    "template": {{"metadata": {{"labels": labels}}, "spec": {{"containers": [
        {{"name": "main", "image": "example.org/web:1", "resources": {{"limits": {{"cpu": "500m"}}}}}}]}}}},
    }}, opts=opts)
pulumi.export("ip", secret.metadata.uid)
"""


@pytest.fixture
def real(home: Home) -> Home:
    """A home whose cluster has a control plane."""
    clusters.start(home, [NAME])
    return home


def test_objects_go_up_stay_change_and_go(real: Home, tiny: Callable[[str], Path]) -> None:
    plane = control_plane(real, NAME)

    def engine(colour: str = "red", port: int = 80) -> Engine:
        return Engine(real, tiny(PROGRAM.format(kubeconfig=kubeconfig(plane), colour=colour, port=port)))

    assert engine().preview("one").created == 8
    assert engine().up("one").created == 8
    with Api(plane, running.url(plane)) as api:
        made = api.get("v1", "Service", "web", "shop")
        assert made is not None
        state = json.dumps(engine().export("one"))
        assert "hidden" not in state
        assert "aGlkZGVu" not in state

        again = engine().up("one")
        assert (again.unchanged, again.created, again.updated, again.replaced) == (8, 0, 0, 0)
        refreshed = engine().refresh("one")
        assert (refreshed.updated, refreshed.deleted) == (0, 0)

        # In place, and by deletion where pulumi-kubernetes does not update it.
        changed = engine("blue", 81).up("one")
        assert (changed.updated, changed.replaced, changed.created) == (1, 1, 0)
        now = api.get("v1", "Service", "web", "shop")
        assert now is not None
        assert now["metadata"]["uid"] == made["metadata"]["uid"]
        assert [port["port"] for port in now["spec"]["ports"]] == [81]

        with pytest.raises(EngineError, match=r"spec\.ports\[0\]\.port"):
            engine("blue", 70_000).preview("one")

        # Changed by kubectl: drift, which an up takes back.
        by_hand = {key: now[key] for key in ("apiVersion", "kind")}
        by_hand["metadata"] = {"name": "web", "namespace": "shop"}
        api.apply({**by_hand, "spec": {"selector": {"app": "other"}}}, manager="kubectl", force=True)
        assert engine("blue", 81).refresh("one").updated == 1
        assert engine("blue", 81).up("one").updated == 1
        now = api.get("v1", "Service", "web", "shop")
        assert now is not None
        assert now["spec"]["selector"] == {"app": "web"}

        engine("blue", 81).destroy("one")
        assert api.get("v1", "Namespace", "shop") is None
