"""Who says how many servers there are: the autoscaler where there is one, else the stack file.

The real engine and the program's own component, of recorded images, so that no pod runs.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from rehearsal.engine.command import Engine
from rehearsal.engine.result import Result
from rehearsal.home import Home
from tests.rehearsal.plugins.kubernetes.conftest import kubeconfig

pytestmark = [pytest.mark.engine, pytest.mark.timeout(300)]

PROGRAM = """
import pulumi
import pulumi_kubernetes as k8s

from infra.drain import run
from serving.components.triton import TritonService

KUBECONFIG = {kubeconfig!r}


async def main():
    cluster = k8s.Provider("cluster", kubeconfig=KUBECONFIG, enable_server_side_apply=True)
    TritonService(
        "triton", namespace="default", release={release!r}, releases_bucket="releases", trusted_keys=["key"],
        triton_image="recorded.example/triton:1", serving_image="recorded.example/serving:1",
        front_image="recorded.example/front:1", region="eu-west-1",
        replicas_min={least}, replicas_max={most}, opts=pulumi.ResourceOptions(provider=cluster),
    )
    return {{}}


run(main)
"""


class Service:
    """A stack of one service."""

    def __init__(self, home: Home, tiny: Callable[..., Path]) -> None:
        self._home = home
        self._tiny = tiny

    def up(self, least: int, most: int, release: str = "sha256:one") -> Result:
        config = kubeconfig("https://127.78.0.1:6443")
        program = PROGRAM.format(kubeconfig=config, least=least, most=most, release=release)
        return Engine(self._home, self._tiny(program)).up("one")

    @property
    def _file(self) -> Path:
        return next(self._home.clusters.glob("private/objects/Deployment/default/triton.json"))

    @property
    def replicas(self) -> int:
        return int(json.loads(self._file.read_text())["object"]["spec"]["replicas"])

    @replicas.setter
    def replicas(self, number: int) -> None:
        """As somebody else sets it."""
        kept = json.loads(self._file.read_text())
        kept["object"]["spec"]["replicas"] = number
        self._file.write_text(json.dumps(kept))


def test_the_number_of_servers_changes_hands(home: Home, tiny: Callable[..., Path]) -> None:
    service = Service(home, tiny)
    service.up(2, 2)
    assert service.replicas == 2
    service.replicas = 4  # a person
    service.up(2, 2, "sha256:two")
    assert service.replicas == 2, "the stack file's, at the next change"

    service.up(2, 6)
    assert service.replicas == 2, "not 1, which is what a Deployment that says nothing has"
    service.replicas = 5  # the autoscaler
    service.up(2, 6, "sha256:three")
    assert service.replicas == 5, "the autoscaler's"
    assert (again := service.up(2, 6, "sha256:three")).updated + again.replaced == 0

    service.up(3, 3, "sha256:three")
    assert service.replicas == 3, "the stack file's again, though the autoscaler had set it"
