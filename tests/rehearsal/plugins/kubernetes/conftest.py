"""A backend for a cluster of its own, and resources for it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from infra.pins import KUBERNETES_VERSION
from rehearsal.cluster import agent
from rehearsal.home import Home
from rehearsal.plugins.backend import Created, Resource
from rehearsal.plugins.kubernetes.backend import KubernetesBackend


def kubeconfig(server: str) -> str:
    return json.dumps(
        {
            "apiVersion": "v1",
            "clusters": [{"name": "private", "cluster": {"server": server}}],
            "contexts": [{"name": "c", "context": {"cluster": "private", "user": "u"}}],
            "current-context": "c",
        }
    )


class Engine:
    """Asks a backend as the server does, in the order of an update."""

    def __init__(self, home: Home, server: str = "https://127.78.0.1:6443") -> None:
        self.home = home
        self.backend = KubernetesBackend(home, KUBERNETES_VERSION)
        self.backend.configure({"kubeconfig": kubeconfig(server)})

    def resource(self, type: str, inputs: dict[str, Any], name: str = "it") -> Resource:
        urn = f"urn:pulumi:local::isthmus::kubernetes:{type}::{name}"
        made = Resource(urn, f"kubernetes:{type}", name, inputs=inputs)
        return replace(made, inputs=self.backend.check(made))

    def up(self, type: str, inputs: dict[str, Any], name: str = "it") -> tuple[Resource, Created]:
        resource = self.resource(type, inputs, name)
        created = self.backend.create(resource)
        return replace(resource, id=created.id, outputs=created.outputs), created


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    made = Engine(Home(tmp_path / "home"))
    yield made
    agent.stop(made.home)


def pod(script: str = "pass", **more: Any) -> dict[str, Any]:
    one = {"name": "main", "image": "isthmus/training:1", "command": ["python", "-S", "-c", script]}
    return {"containers": [one | more], "restartPolicy": "Never"}


def job(script: str = "pass", **spec: Any) -> dict[str, Any]:
    return {
        "metadata": {"name": "train", "namespace": "default"},
        "spec": {"template": {"spec": pod(script)}, "backoffLimit": 0, **spec},
    }


def deployment(**spec: Any) -> dict[str, Any]:
    template = {
        "metadata": {"labels": {"app": "web"}},
        "spec": pod("import time; time.sleep(600)") | {"restartPolicy": "Always"},
    }
    selector = {"matchLabels": {"app": "web"}}
    return {
        "metadata": {"name": "web", "namespace": "default"},
        "spec": {"selector": selector, "template": template, **spec},
    }
