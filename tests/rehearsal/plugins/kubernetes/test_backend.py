"""Create, await, drift, replace and delete, with real pods where there are any."""

from __future__ import annotations

import json
import threading
import time
from dataclasses import replace
from typing import Any

import pytest

from infra.pins import KUBERNETES_VERSION
from rehearsal.cluster.record import Cluster, owner
from rehearsal.plugins.backend import UNKNOWN, Change, Incomplete, Refused
from tests.rehearsal.plugins.kubernetes.conftest import Engine, deployment, job


def test_a_job_is_awaited_until_it_has_completed(engine: Engine) -> None:
    _, created = engine.up("batch/v1:Job", job("print('done')"))
    assert created.id == "default/train"
    assert created.outputs["status"]["succeeded"] == 1


def test_a_failed_job_stays_known_with_its_last_words_and_can_be_made_again(engine: Engine) -> None:
    script = "[print('line', i) for i in range(40)]; raise SystemExit(4)"
    inputs = job(script)
    inputs["metadata"]["annotations"] = {"pulumi.com/replaceUnready": "true"}
    resource = engine.resource("batch/v1:Job", inputs)
    with pytest.raises(Incomplete) as failed:
        engine.backend.create(resource)
    said = str(failed.value)
    assert "BackoffLimitExceeded" in said
    assert "exit code 4" in said
    assert "line 25\n" in said
    assert "line 24\n" not in said
    assert said.endswith("line 39")
    old = replace(resource, id=failed.value.created.id)
    change = engine.backend.diff(old, old)
    assert change.replaces == {"metadata"}
    assert change.delete_before_replace


def test_a_job_that_runs_is_replaced_only_where_its_annotation_asks_for_that(engine: Engine) -> None:
    """As the real plugin does, which makes no difference between a Job that runs and one that failed."""
    inputs = job("import time; time.sleep(600)")
    inputs["metadata"]["annotations"] = {"pulumi.com/skipAwait": "true"}
    resource, _ = engine.up("batch/v1:Job", inputs)
    assert engine.backend.diff(resource, resource) == Change()
    inputs["metadata"]["annotations"]["pulumi.com/replaceUnready"] = "true"
    change = engine.backend.diff(resource, engine.resource("batch/v1:Job", inputs))
    assert change == Change(frozenset({"metadata"}), frozenset({"metadata"}), delete_before_replace=True)


def test_a_completed_job_is_replaced_by_no_annotation(engine: Engine) -> None:
    inputs = job("pass")
    inputs["metadata"]["annotations"] = {"pulumi.com/replaceUnready": "true"}
    resource, _ = engine.up("batch/v1:Job", inputs)
    assert engine.backend.diff(resource, resource) == Change()


def test_a_changed_job_replaces_and_a_changed_deployment_does_not(engine: Engine) -> None:
    old = replace(engine.resource("batch/v1:Job", job("1")), id="default/train")
    change = engine.backend.diff(old, engine.resource("batch/v1:Job", job("2")))
    assert change.replaces == {"spec"}
    assert change.delete_before_replace
    change = engine.backend.diff(old, engine.resource("batch/v1:Job", job("1", activeDeadlineSeconds=9)))
    assert change.changed == {"spec"}
    assert not change.replaces
    old = replace(engine.resource("apps/v1:Deployment", deployment()), id="default/web")
    change = engine.backend.diff(old, engine.resource("apps/v1:Deployment", deployment(replicas=3)))
    assert change.changed == {"spec"}
    assert not change.replaces


def test_another_cluster_is_another_provider_and_another_key_is_not(engine: Engine) -> None:
    def kubeconfig(server: str, key: str = "k") -> dict[str, object]:
        config = {
            "clusters": [{"name": "c", "cluster": {"server": server}}],
            "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
            "current-context": "c",
            "users": [{"name": "u", "user": {"client-key-data": key}}],
        }
        return {"kubeconfig": json.dumps(config), "cluster": "c"}

    replaces, changed = engine.backend.replaces_provider, frozenset({"kubeconfig"})
    assert replaces(kubeconfig("https://one"), kubeconfig("https://two"), changed) == changed
    assert not replaces(kubeconfig("https://one"), kubeconfig("https://one", "other"), changed)
    assert replaces(kubeconfig("https://one"), {"kubeconfig": UNKNOWN}, changed) == changed


def test_a_made_name_changes_with_what_replaces_the_object(engine: Engine) -> None:
    def config(value: str, label: str = "x") -> object:
        inputs = {"metadata": {"labels": {"l": label}}, "data": {"k": value}}
        return engine.resource("core/v1:ConfigMap", inputs, "settings")

    one, same, other = config("1"), config("1", "y"), config("2")
    assert one.inputs["metadata"]["name"].startswith("settings-")  # type: ignore[attr-defined]
    assert not engine.backend.diff(one, same).replaces  # type: ignore[arg-type]
    change = engine.backend.diff(one, other)  # type: ignore[arg-type]
    assert change.replaces == {"data", "metadata"}
    assert not change.delete_before_replace


def test_deployment_is_awaited_updated_and_deleted(engine: Engine) -> None:
    resource, created = engine.up("apps/v1:Deployment", deployment())
    assert created.outputs["status"]["availableReplicas"] == 1
    new = engine.resource("apps/v1:Deployment", deployment(replicas=2))
    outputs = engine.backend.update(resource, new)
    assert outputs["status"]["availableReplicas"] == 2
    engine.backend.delete(resource)
    assert engine.backend.read(resource) is None
    engine.backend.delete(resource)


def test_drift_shows_and_only_where_the_program_spoke(engine: Engine) -> None:
    inputs = {"metadata": {"name": "s"}, "stringData": {"k": "v"}}
    resource, _ = engine.up("core/v1:Secret", inputs)
    found = engine.backend.read(resource)
    assert found is not None
    assert found.inputs == resource.inputs
    path = next((engine.home.clusters / "private" / "objects" / "Secret").rglob("s.json"))
    kept = json.loads(path.read_text())
    kept["object"]["data"]["k"] = "d3Jvbmc="
    path.write_text(json.dumps(kept))
    drifted = engine.backend.read(resource)
    assert drifted is not None
    assert drifted.inputs["stringData"] == {"k": "wrong"}
    outputs = engine.backend.update(resource, resource)
    assert outputs["data"] == {"k": "dg=="}


def test_a_deployment_scaled_by_hand_is_taken_back_only_by_force(engine: Engine) -> None:
    inputs = deployment(replicas=1)
    inputs["metadata"]["annotations"] = {"pulumi.com/skipAwait": "true"}
    resource, _ = engine.up("apps/v1:Deployment", inputs)
    path = next((engine.home.clusters / "private" / "objects" / "Deployment").rglob("web.json"))
    kept = json.loads(path.read_text())
    kept["object"]["spec"]["replicas"] = 3
    path.write_text(json.dumps(kept))
    inputs["spec"]["minReadySeconds"] = 1
    with pytest.raises(Refused, match=r'conflict with "unknown": \.spec\.replicas'):
        engine.backend.update(resource, engine.resource("apps/v1:Deployment", inputs))
    # What somebody set to the same is shared, and what is not said is nobody's concern.
    same = deployment(replicas=3)
    same["metadata"]["annotations"] = inputs["metadata"]["annotations"]
    outputs = engine.backend.update(resource, engine.resource("apps/v1:Deployment", same))
    assert outputs["spec"]["replicas"] == 3
    kept = json.loads(path.read_text())
    kept["object"]["spec"]["replicas"] = 5
    path.write_text(json.dumps(kept))
    inputs["metadata"]["annotations"]["pulumi.com/patchForce"] = "true"
    outputs = engine.backend.update(resource, engine.resource("apps/v1:Deployment", inputs))
    assert outputs["spec"]["replicas"] == 1


def test_cancel_ends_the_wait_and_keeps_the_job(engine: Engine) -> None:
    resource = engine.resource("batch/v1:Job", job("import time; time.sleep(600)"))
    threading.Timer(0.5, engine.backend.cancel).start()
    with pytest.raises(Incomplete, match="nobody waits"):
        engine.backend.create(resource)
    assert Cluster(engine.home, "private").get("Job", "train", "default") is not None


@pytest.mark.parametrize(
    ("type", "inputs", "said"),
    [
        ("core/v1:ConfigMap", {"metadata": {"name": "c"}, "data": {}}, r'default/c was .*: configmaps "c"'),
        ("core/v1:Namespace", {"metadata": {"name": "n"}}, r'resource n was .*: namespaces "n"'),
        (
            "networking.k8s.io/v1:NetworkPolicy",
            {"metadata": {"name": "p"}, "spec": {"podSelector": {}}},
            r'networkpolicies\.networking\.k8s\.io "p"',
        ),
    ],
)
def test_what_exists_is_refused_whoever_made_it(
    engine: Engine, type: str, inputs: dict[str, Any], said: str
) -> None:
    engine.up(type, inputs)
    for name in ("it", "another"):
        with pytest.raises(Refused, match=said + " already exists"):
            engine.up(type, inputs, name)


def test_a_cluster_made_again_is_spared_by_what_is_asked_of_the_one_before_it(engine: Engine) -> None:
    """Both have one name: an engine deletes by the old provider what it has made by the new one already."""
    inputs = {"metadata": {"name": "c"}, "data": {"k": "1"}}
    old, _ = engine.up("core/v1:ConfigMap", inputs)
    again = Engine(engine.home, "https://127.78.0.2:6443")
    assert again.backend.read(old) is None
    again.backend.delete(old)
    assert engine.backend.read(old) is not None
    new, _ = again.up("core/v1:ConfigMap", inputs)
    assert engine.backend.scope() != again.backend.scope()
    engine.backend.delete(old)
    assert again.backend.read(new) is not None
    assert engine.backend.read(old) is None
    for ask in (lambda: engine.backend.update(old, old), lambda: engine.backend.create(old)):
        with pytest.raises(Refused, match="unreachable: another one of its name"):
            ask()


def test_what_a_cluster_still_held_goes_with_it(engine: Engine) -> None:
    running = deployment()
    namespace = {"metadata": {"name": "training"}}
    inside = {"metadata": {"name": "c", "namespace": "training"}, "data": {"k": "1"}}
    engine.up("apps/v1:Deployment", running)
    engine.up("core/v1:Namespace", namespace, "namespace")
    engine.up("core/v1:ConfigMap", inside)
    again = Engine(engine.home, "https://127.78.0.2:6443")
    again.up("core/v1:Namespace", namespace, "namespace")
    cluster = Cluster(engine.home, "private")
    assert cluster.list("ConfigMap") == []
    assert again.up("apps/v1:Deployment", running)[1].outputs["status"]["availableReplicas"] == 1
    assert len({owner(pod) for pod in cluster.list("Pod")}) == 1


def test_previews_of_a_cluster_that_does_not_exist_yet(engine: Engine) -> None:
    engine.backend.__init__(engine.home, KUBERNETES_VERSION)  # type: ignore[misc]
    engine.backend.configure({"kubeconfig": UNKNOWN})
    resource = engine.resource("core/v1:ConfigMap", {"metadata": {"name": "c", "namespace": UNKNOWN}})
    assert engine.backend.preview(resource)["metadata"]["uid"] is UNKNOWN
    with pytest.raises(Refused, match="no kubeconfig"):
        engine.backend.create(resource)


def test_skip_await_returns_at_once(engine: Engine) -> None:
    inputs = job("import time; time.sleep(600)")
    inputs["metadata"]["annotations"] = {"pulumi.com/skipAwait": "true"}
    before = time.monotonic()
    engine.up("batch/v1:Job", inputs)
    assert time.monotonic() - before < 300
