"""The record keeps objects as an API server does."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from rehearsal.cluster.record import Cluster, Rejected
from rehearsal.home import Home


@pytest.fixture
def cluster(tmp_path: Path) -> Cluster:
    return Cluster(Home(tmp_path), "aws")


def config_map(name: str = "settings", namespace: str = "default", **data: str) -> dict[str, Any]:
    meta = {"name": name, "namespace": namespace, "labels": {"a": "1"}}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": data}


def namespace(name: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}


def test_apply_twice_changes_nothing_and_a_change_counts(cluster: Cluster) -> None:
    first = cluster.apply(config_map(x="1"))
    assert cluster.apply(config_map(x="1"))["metadata"] == first["metadata"]
    second = cluster.apply(config_map(x="2"))
    assert second["metadata"]["uid"] == first["metadata"]["uid"]
    assert second["metadata"]["generation"] == 2
    assert int(second["metadata"]["resourceVersion"]) > int(first["metadata"]["resourceVersion"])


def test_apply_takes_back_its_own_fields_and_leaves_others(cluster: Cluster) -> None:
    cluster.apply(config_map(x="1", y="2"))
    path = next((cluster.folder / "objects" / "ConfigMap").rglob("settings.json"))
    kept = json.loads(path.read_text())
    kept["object"]["metadata"]["labels"]["by-hand"] = "yes"
    path.write_text(json.dumps(kept))
    now = cluster.apply(config_map(y="2"))
    assert now["data"] == {"y": "2"}
    assert now["metadata"]["labels"] == {"a": "1", "by-hand": "yes"}


def test_what_defaults_add_to_a_list_is_nobody_elses_change(cluster: Cluster) -> None:
    def service(port: int) -> dict[str, Any]:
        spec = {"clusterIP": "None", "ports": [{"name": "worker", "port": port}]}
        metadata = {"name": "train", "namespace": "default"}
        return {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": spec}

    assert cluster.apply(service(1))["spec"]["ports"] != service(1)["spec"]["ports"]
    assert list(cluster.conflicts(service(2))) == []
    path = next((cluster.folder / "objects" / "Service").rglob("train.json"))
    kept = json.loads(path.read_text())
    kept["object"]["spec"]["ports"][0]["port"] = 3
    path.write_text(json.dumps(kept))
    assert list(cluster.conflicts(service(2))) == [".spec.ports"]


def test_namespace_must_exist_and_takes_its_objects_along(cluster: Cluster) -> None:
    with pytest.raises(Rejected, match='namespaces "shop" not found'):
        cluster.apply(config_map(namespace="shop"))
    cluster.apply(namespace("shop"))
    cluster.apply(config_map(namespace="shop"))
    cluster.delete("Namespace", "shop")
    assert cluster.get("ConfigMap", "settings", "shop") is None
    assert cluster.get("Namespace", "shop") is None


def test_immutable_fields_are_refused(cluster: Cluster) -> None:
    job = {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": "j", "namespace": "default"},
        "spec": {
            "template": {"spec": {"containers": [{"name": "c", "image": "i"}], "restartPolicy": "Never"}}
        },
    }
    cluster.apply(job)
    changed = copy.deepcopy(job)
    changed["spec"]["template"]["spec"]["containers"][0]["image"] = "other"  # type: ignore[index]
    with pytest.raises(Rejected, match=r"Job j: spec.template: field is immutable"):
        cluster.apply(changed)
    parallel = copy.deepcopy(job)
    parallel["spec"]["parallelism"] = 2  # type: ignore[index]
    assert cluster.apply(parallel)["spec"]["parallelism"] == 2


def test_secret_text_becomes_data_and_its_file_is_private(cluster: Cluster) -> None:
    made = cluster.apply(
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": "keys", "namespace": "default"},
            "stringData": {"k": "v"},
        }
    )
    assert made["data"] == {"k": "dg=="}
    assert "stringData" not in made
    file = next((cluster.folder / "objects" / "Secret").rglob("keys.json"))
    assert file.stat().st_mode & 0o077 == 0
