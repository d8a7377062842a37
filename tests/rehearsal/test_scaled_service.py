"""Who says how many servers there are: the autoscaler where there is one, else the stack file.

The real engine and the program's own component, of images that no node here has: nobody waits for its pods.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from rehearsal.cluster import agent
from rehearsal.cluster.cluster import Cluster
from rehearsal.control_plane import clusters, running
from rehearsal.control_plane.of_home import control_plane
from rehearsal.engine.command import Engine
from rehearsal.engine.result import Result
from rehearsal.home import Home
from tests.rehearsal.plugins.kubernetes.conftest import NAME, kubeconfig

pytestmark = [pytest.mark.engine, pytest.mark.timeout(300)]

PROGRAM = """
import pulumi
import pulumi_kubernetes as k8s

from infra.drain import run
from serving.components.triton import TritonService

KUBECONFIG = {kubeconfig!r}


def unawaited(args):
    if args.type_.endswith(":Deployment"):
        metadata = args.props["metadata"]
        metadata.annotations = {{**(metadata.annotations or {{}}), "pulumi.com/skipAwait": "true"}}
    return pulumi.ResourceTransformationResult(args.props, args.opts)


async def main():
    cluster = k8s.Provider("cluster", kubeconfig=KUBECONFIG, enable_server_side_apply=True)
    TritonService(
        "triton", namespace="default", release={release!r}, releases_bucket="releases", trusted_keys=["key"],
        triton_image="recorded.example/triton:1", serving_image="recorded.example/serving:1",
        envoy_image="recorded.example/front:1", region="eu-west-1",
        replicas_min={least}, replicas_max={most},
        opts=pulumi.ResourceOptions(provider=cluster, transformations=[unawaited]),
    )
    return {{}}


run(main)
"""


class Service:
    """A stack of one service."""

    def __init__(self, home: Home, tiny: Callable[..., Path]) -> None:
        self._home = home
        self._tiny = tiny
        self._api = Cluster(home, NAME).api

    def up(self, least: int, most: int, release: str = "sha256:one") -> Result:
        config = kubeconfig(control_plane(self._home, NAME))
        program = PROGRAM.format(kubeconfig=config, least=least, most=most, release=release)
        return Engine(self._home, self._tiny(program)).up("one")

    @property
    def _deployment(self) -> dict[str, Any]:
        found = self._api.get("apps/v1", "Deployment", "triton", "default")
        assert found is not None
        return found

    @property
    def replicas(self) -> int:
        return int(self._deployment["spec"]["replicas"])

    @replicas.setter
    def replicas(self, number: int) -> None:
        """As somebody else sets it."""
        self._api.patch(self._deployment, [{"op": "replace", "path": "/spec/replicas", "value": number}])


@pytest.fixture
def service(home: Home, tiny: Callable[..., Path]) -> Iterator[Service]:
    clusters.start(home, [NAME])
    yield Service(home, tiny)
    agent.stop(home)
    running.stop([control_plane(home, NAME)])


def test_the_number_of_servers_changes_hands(service: Service) -> None:
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
