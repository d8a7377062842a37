"""A cluster as its API server tells of it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import pytest

from rehearsal.cluster.cluster import Cluster
from rehearsal.cluster.of_home import clusters
from rehearsal.control_plane import running
from rehearsal.control_plane.errors import ApiRefused
from rehearsal.control_plane.of_home import control_planes
from rehearsal.control_plane.provide import Binaries
from rehearsal.home import Home
from tests.rehearsal.cluster.conftest import CLUSTER, wait_for

pytestmark = pytest.mark.timeout(300)

CRD = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": "lamps.example.org"},
    "spec": {
        "group": "example.org",
        "scope": "Namespaced",
        "names": {"kind": "Lamp", "plural": "lamps", "singular": "lamp", "listKind": "LampList"},
        "versions": [
            {
                "name": "v1",
                "served": True,
                "storage": True,
                "schema": {
                    "openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
                },
            }
        ],
    },
}


@pytest.fixture(scope="module")
def cluster(cluster_home: Home) -> Iterator[Cluster]:
    made = Cluster(cluster_home, CLUSTER)
    yield made
    made.close()


def config_map(name: str, **more: Any) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name, "namespace": "default"},
        **more,
    }


def test_it_reads_what_there_is_and_nothing_of_what_there_is_not(cluster: Cluster) -> None:
    cluster.api.apply(config_map("read", data={"a": "b"}))
    found = cluster.get("ConfigMap", "read", "default")
    assert found is not None
    assert (found["kind"], found["data"]) == ("ConfigMap", {"a": "b"})
    assert cluster.get("ConfigMap", "absent", "default") is None
    assert cluster.get("NoSuchKind", "absent") is None
    assert "read" in [one["metadata"]["name"] for one in cluster.list("ConfigMap", "default")]
    assert cluster.list("ConfigMap", "kube-node-lease") != cluster.list("ConfigMap")
    kinds = {one["kind"] for one in cluster.everything()}
    assert {"ConfigMap", "Namespace", "ClusterRole", "ServiceAccount", "Service"} <= kinds


def test_a_custom_resource_goes_by_its_group(cluster: Cluster) -> None:
    cluster.api.apply(CRD)
    wait_for(lambda: ("example.org/v1", "Lamp") in cluster.api.kinds())

    def stored() -> bool:
        with contextlib.suppress(ApiRefused):  # "storage is (re)initializing"
            return cluster.list("Lamp.example.org") == []
        return False

    wait_for(stored)
    lamp = {"apiVersion": "example.org/v1", "kind": "Lamp"}
    cluster.api.create({**lamp, "metadata": {"name": "one", "namespace": "default"}})
    found = cluster.get("Lamp.example.org", "one", "default")
    assert found is not None
    assert found["apiVersion"] == "example.org/v1"


def test_what_is_watched_is_at_hand_as_it_changes(cluster_home: Home) -> None:
    watching, asking = Cluster(cluster_home, CLUSTER), Cluster(cluster_home, CLUSTER)

    def data() -> Any:
        return (watching.get("ConfigMap", "watched", "default") or {}).get("data")

    told: list[int] = []
    watching.watch(("ConfigMap",), lambda: told.append(1))
    wait_for(lambda: watching.knows)
    before = len(told)
    asking.api.apply(config_map("watched", data={"a": "1"}))
    wait_for(data)
    asking.api.apply(config_map("watched", data={"a": "2"}))
    wait_for(lambda: data() == {"a": "2"})
    asking.api.delete("v1", "ConfigMap", "watched", "default")
    wait_for(lambda: watching.get("ConfigMap", "watched", "default") is None)
    assert len(told) >= before + 3
    assert watching.list("ConfigMap") == asking.list("ConfigMap")
    watching.close()
    asking.close()


def test_what_is_watched_outlives_its_server(cluster_home: Home, binaries: Binaries) -> None:
    watching = Cluster(cluster_home, CLUSTER)
    watching.watch(("ConfigMap",), lambda: None)
    wait_for(lambda: watching.knows)
    (plane,) = control_planes(cluster_home)
    assert [one.name for one in clusters(cluster_home)] == [CLUSTER]
    running.stop([plane])
    assert clusters(cluster_home) == []
    assert watching.get("ConfigMap", "kube-root-ca.crt", "default") is not None
    running.start([plane], binaries)
    asking = Cluster(cluster_home, CLUSTER)
    asking.api.apply(config_map("after", data={}))
    wait_for(lambda: watching.get("ConfigMap", "after", "default"))
    watching.close()
    asking.close()
