"""A real control plane for the tests of a file, and a backend that is asked as the engine asks."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from rehearsal.cluster import agent
from rehearsal.control_plane import provide, running
from rehearsal.control_plane.api import Api
from rehearsal.control_plane.layout import ControlPlane
from rehearsal.control_plane.of_home import control_plane
from rehearsal.home import Home
from rehearsal.plugins.backend import Resource
from rehearsal.plugins.kubernetes.with_charts import WithCharts

NAME = "isthmus-local-aws"
BACKGROUND = {"pulumi.com/deletionPropagationPolicy": "background"}
"""Annotation of what is of a kind just defined: in the foreground it waits until the garbage collector has
heard of the kind, which it asks for each half minute."""


def kubeconfig(plane: ControlPlane, server: str = "") -> str:
    """As the program makes it of what a cluster's outputs say."""
    authority = base64.b64encode(plane.keys.authority.certificate.read_bytes()).decode()
    cluster = {"server": server or running.url(plane), "certificate-authority-data": authority}
    return json.dumps(
        {
            "apiVersion": "v1",
            "clusters": [{"name": NAME, "cluster": cluster}],
            "contexts": [{"name": NAME, "context": {"cluster": NAME, "user": NAME}}],
            "current-context": NAME,
        }
    )


class Engine:
    """Asks a backend as the server does, in the order of an update."""

    def __init__(self, home: Home, kubeconfig: str) -> None:
        self.backend = WithCharts(home)
        self.backend.configure({"kubeconfig": kubeconfig})

    def resource(self, type: str, inputs: dict[str, Any], name: str = "it") -> Resource:
        urn = f"urn:pulumi:local::isthmus::kubernetes:{type}::{name}"
        made = Resource(urn, f"kubernetes:{type}", name, inputs=inputs)
        return replace(made, inputs=self.backend.check(made))

    def up(self, type: str, inputs: dict[str, Any], name: str = "it") -> Resource:
        resource = self.resource(type, inputs, name)
        created = self.backend.create(resource)
        return replace(resource, id=created.id, outputs=created.outputs)

    def changed(self, old: Resource, inputs: dict[str, Any], ignored: tuple[str, ...] = ()) -> Resource:
        """The resource as its program has it now; nothing is asked of the cluster."""
        checked = self.backend.check(replace(old, inputs=inputs))
        return replace(old, inputs=checked, ignored=ignored)


@pytest.fixture(scope="module")
def cluster_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    binaries = provide.cached()
    if binaries is None:
        pytest.fail("No control plane is in the cache: `make engine` puts one there.", pytrace=False)
    home = Home(tmp_path_factory.mktemp("cluster") / "home")
    plane = control_plane(home, NAME)
    running.start([plane], binaries)
    yield home
    agent.stop(home)
    running.stop([plane])


@pytest.fixture(scope="module")
def plane(cluster_home: Home) -> ControlPlane:
    return control_plane(cluster_home, NAME)


@pytest.fixture(scope="module")
def api(plane: ControlPlane) -> Iterator[Api]:
    with Api(plane, running.url(plane)) as made:
        yield made


@pytest.fixture
def engine(cluster_home: Home, plane: ControlPlane) -> Engine:
    return Engine(cluster_home, kubeconfig(plane))


@pytest.fixture
def namespace(api: Api, request: pytest.FixtureRequest) -> str:
    """One of the test's own."""
    name = request.node.name.replace("_", "-").split("[")[0][-60:].strip("-")
    api.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    return name
