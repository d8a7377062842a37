"""What the plugin does with the objects of a program, before a real API server."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from rehearsal.control_plane.api import Api
from rehearsal.control_plane.layout import ControlPlane
from rehearsal.home import Home
from rehearsal.plugins.backend import UNKNOWN, Change, Incomplete, Refused, Resource, UnknownType
from rehearsal.plugins.kubernetes.backend import FORGET_UNREACHABLE, KubernetesBackend
from tests.rehearsal.plugins.kubernetes.conftest import Engine, kubeconfig

pytestmark = pytest.mark.timeout(300)

CONFIG_MAP = "core/v1:ConfigMap"


def named(namespace: str, name: str = "one", **more: Any) -> dict[str, Any]:
    return {"metadata": {"name": name, "namespace": namespace, **more}}


def deployment(namespace: str, replicas: int = 0, **spec: Any) -> dict[str, Any]:
    labels = {"app": "web"}
    pod = {"containers": [{"name": "main", "image": "example.org/web:1"}]}
    template = {"metadata": {"labels": labels}, "spec": pod}
    return {
        **named(namespace, "web"),
        "spec": {"replicas": replicas, "selector": {"matchLabels": labels}, "template": template, **spec},
    }


def by_hand(object: Mapping[str, Any], manager: str, **content: Any) -> dict[str, Any]:
    """What somebody else says of an object."""
    metadata = {key: object["metadata"][key] for key in ("name", "namespace")}
    return {"apiVersion": object["apiVersion"], "kind": object["kind"], "metadata": metadata, **content}


def test_a_config_map_is_made_read_and_left_alone(engine: Engine, namespace: str) -> None:
    made = engine.up(CONFIG_MAP, {**named(namespace), "data": {"a": "1"}})
    assert made.id == f"{namespace}/one"
    assert made.outputs["metadata"]["uid"]
    assert "managedFields" not in made.outputs["metadata"]
    again = engine.changed(made, {**named(namespace), "data": {"a": "1"}})
    assert engine.backend.diff(made, again) == Change()
    found = engine.backend.read(made)
    assert found is not None
    assert found.inputs == made.inputs


def test_an_import_takes_what_a_program_could_have_said(engine: Engine, namespace: str) -> None:
    made = engine.up("apps/v1:Deployment", deployment(namespace))
    found = engine.backend.read(replace(made, inputs={}, outputs={}))
    assert found is not None
    assert found.inputs["metadata"] == {"annotations": {}, "name": "web", "namespace": namespace}
    assert found.inputs["spec"]["replicas"] == 0
    assert "status" not in found.inputs


def test_what_exists_is_refused_and_a_preview_of_it_is_not(engine: Engine, namespace: str) -> None:
    """A preview may be of what is replaced by the same up (provider.go, ``Create``: failedPreview)."""
    inputs = {**named(namespace), "data": {"a": "1"}}
    engine.up(CONFIG_MAP, inputs)
    again = engine.resource(CONFIG_MAP, inputs)
    with pytest.raises(Refused, match=r'not successfully created .* configmaps "one" already exists'):
        engine.backend.create(again)
    assert engine.backend.preview(again)["metadata"]["uid"] is UNKNOWN


def test_a_wrong_object_is_refused_by_its_preview(engine: Engine, namespace: str) -> None:
    wrong = engine.resource("apps/v1:Deployment", deployment(namespace, replicas=-1))
    with pytest.raises(Refused, match=r"spec\.replicas: .*must be greater than or equal to 0"):
        engine.backend.preview(wrong)
    wrong = engine.resource(CONFIG_MAP, {**named(namespace), "dta": {"a": "1"}})
    with pytest.raises(Refused, match='unknown field "dta"'):
        engine.backend.preview(wrong)


def test_a_preview_of_what_comes_with_its_namespace_asks_nobody(engine: Engine) -> None:
    resource = engine.resource(CONFIG_MAP, {**named("not-there-yet"), "data": {"a": "1"}})
    assert engine.backend.preview(resource)["data"] == {"a": "1"}
    with_output = engine.resource(CONFIG_MAP, {**named("not-there-yet"), "data": {"a": UNKNOWN}})
    assert engine.backend.preview(with_output)["data"] == {"a": UNKNOWN}


def test_an_update_takes_over_what_the_creation_owned(engine: Engine, api: Api, namespace: str) -> None:
    made = engine.up("core/v1:Service", service(namespace, 80, a="1", b="2"))
    new = engine.changed(made, service(namespace, 81, a="3"))
    previewed = engine.backend.preview_update(made, new)
    assert previewed is not None
    outputs = engine.backend.update(made, new)
    assert [port["port"] for port in outputs["spec"]["ports"]] == [81]
    assert outputs["metadata"]["annotations"] == {"a": "3"}
    live = api.get("v1", "Service", "one", namespace)
    assert live is not None
    managers = {entry["manager"] for entry in live["metadata"]["managedFields"]}
    assert len(managers) == 1
    assert managers.pop().startswith("pulumi-kubernetes-")


def service(namespace: str, port: int, **annotations: str) -> dict[str, Any]:
    spec = {"clusterIP": "None", "ports": [{"name": f"http-{port}", "port": port}]}
    return {**named(namespace, annotations=annotations), "spec": spec}


def test_a_field_of_somebody_else_is_a_conflict_unless_it_is_taken_by_force(
    engine: Engine, api: Api, namespace: str
) -> None:
    made = engine.up("apps/v1:Deployment", deployment(namespace))
    # The first update makes the plugin the one that applies.
    made = replace(made, outputs=engine.backend.update(made, made))
    api.apply(by_hand(made.inputs, "argo", spec={"minReadySeconds": 5}), manager="argo", force=True)
    wanted = deployment(namespace, minReadySeconds=7)
    new = engine.changed(made, wanted)
    with pytest.raises(Refused, match=r'conflict with "argo".*\.spec\.minReadySeconds.*docs/serving\.md'):
        engine.backend.preview_update(made, new)
    with pytest.raises(Refused, match=r'field conflict detected: .*conflict with "argo"'):
        engine.backend.update(made, new)
    wanted["metadata"]["annotations"] = {"pulumi.com/patchForce": "true"}
    outputs = engine.backend.update(made, engine.changed(made, wanted))
    assert outputs["spec"]["minReadySeconds"] == 7


def test_an_ignored_field_stays_as_somebody_else_made_it(engine: Engine, api: Api, namespace: str) -> None:
    made = engine.up("apps/v1:Deployment", deployment(namespace))
    made = replace(made, outputs=engine.backend.update(made, made))
    api.apply(by_hand(made.inputs, "argo", spec={"minReadySeconds": 5}), manager="argo", force=True)
    wanted = deployment(namespace, minReadySeconds=7)
    outputs = engine.backend.update(made, engine.changed(made, wanted, ("spec.minReadySeconds",)))
    assert outputs["spec"]["minReadySeconds"] == 5
    # It is theirs alone, so they meet no conflict.
    api.apply(by_hand(made.inputs, "argo", spec={"minReadySeconds": 6}), manager="argo")


def test_a_fixed_field_replaces_where_the_plugin_knows_it_and_is_refused_elsewhere(
    engine: Engine, namespace: str
) -> None:
    made = engine.up(CONFIG_MAP, {**named(namespace), "data": {"a": "1"}})
    change = engine.backend.diff(made, engine.changed(made, {**named(namespace), "data": {"a": "2"}}))
    assert change == Change(frozenset({"data"}), frozenset({"data"}), delete_before_replace=True)

    job = engine.up("batch/v1:Job", suspended(namespace))
    late = engine.changed(job, suspended(namespace, completionMode="Indexed", completions=1))
    assert engine.backend.diff(job, late).replaces == {"spec"}
    other = engine.changed(job, suspended(namespace, completionMode="Indexed"))
    assert not engine.backend.diff(job, other).replaces
    with pytest.raises(Refused, match="field is immutable"):
        engine.backend.preview_update(job, other)
    with pytest.raises(Refused, match="field is immutable"):
        engine.backend.update(job, other)


def suspended(namespace: str, **spec: Any) -> dict[str, Any]:
    pod = {"containers": [{"name": "main", "image": "example.org/job:1"}], "restartPolicy": "Never"}
    return {**named(namespace, "job"), "spec": {"suspend": True, "template": {"spec": pod}, **spec}}


def test_a_job_that_has_not_completed_is_made_again_where_its_annotation_asks_for_that(
    engine: Engine, namespace: str
) -> None:
    inputs = suspended(namespace)
    made = engine.up("batch/v1:Job", inputs)
    assert engine.backend.diff(made, made) == Change()
    inputs["metadata"]["annotations"] = {"pulumi.com/replaceUnready": "true"}
    change = engine.backend.diff(made, engine.changed(made, inputs))
    assert change.replaces == {"metadata"}
    assert change.delete_before_replace


def test_the_text_of_a_secret_is_kept_and_secret(engine: Engine, namespace: str) -> None:
    made = engine.up("core/v1:Secret", {**named(namespace), "stringData": {"password": "hidden"}})
    assert made.outputs["stringData"] == {"password": "hidden"}
    assert made.outputs["data"] == {"password": "aGlkZGVu"}
    assert engine.backend.secret_outputs(made.type) == {"data", "stringData"}
    found = engine.backend.read(made)
    assert found is not None
    assert found.inputs == made.inputs


def test_a_deployment_is_awaited(engine: Engine, namespace: str) -> None:
    """Without replicas it is ready when its controllers say so; where no node takes its pods it never is."""
    made = engine.up("apps/v1:Deployment", deployment(namespace))
    assert made.outputs["status"]["observedGeneration"] == 1
    engine.backend.delete(made)
    wanted = deployment(namespace, replicas=1, progressDeadlineSeconds=1)
    wanted["spec"]["template"]["spec"]["nodeSelector"] = {"there-is": "none"}
    late = engine.resource("apps/v1:Deployment", wanted)
    with pytest.raises(Incomplete, match=r"\[ProgressDeadlineExceeded\]") as failed:
        engine.backend.create(late)
    assert failed.value.created.id == f"{namespace}/web"
    assert failed.value.created.outputs["spec"]["replicas"] == 1


def test_a_deletion_waits_until_the_object_is_gone(engine: Engine, api: Api, namespace: str) -> None:
    made = engine.up("core/v1:Namespace", {"metadata": {"name": "gone"}})
    engine.up(CONFIG_MAP, {**named("gone"), "data": {}})
    engine.backend.delete(made)
    assert api.get("v1", "Namespace", "gone") is None
    assert api.list("v1", "ConfigMap", "gone") == []
    engine.backend.delete(made)  # what is gone is no error
    assert engine.backend.read(made) is None

    # The controllers delete a Deployment after its ReplicaSet.
    web = engine.up("apps/v1:Deployment", deployment(namespace))
    engine.backend.delete(web)
    assert api.list("apps/v1", "ReplicaSet", namespace) == []


def test_what_is_gone_cannot_be_updated(engine: Engine, api: Api, namespace: str) -> None:
    made = engine.up(CONFIG_MAP, {**named(namespace), "data": {"a": "1"}})
    api.delete("v1", "ConfigMap", "one", namespace)
    new = engine.changed(made, {**named(namespace, labels={"a": "b"}), "data": {"a": "1"}})
    with pytest.raises(Refused, match=r"404: ConfigMap .* not found"):
        engine.backend.update(made, new)


def test_a_name_that_the_program_does_not_give_is_made(engine: Engine, namespace: str) -> None:
    made = engine.up(CONFIG_MAP, {"metadata": {"namespace": namespace}, "data": {"a": "1"}}, "settings")
    assert made.outputs["metadata"]["name"].startswith("settings-")
    assert made.outputs["metadata"]["annotations"] == {"pulumi.com/autonamed": "true"}
    new = engine.changed(made, {"metadata": {"namespace": namespace}, "data": {"a": "2"}})
    assert not engine.backend.diff(made, new).delete_before_replace


def test_a_cluster_that_nobody_reaches_is_previewed_and_refuses_all_else(
    cluster_home: Home, plane: ControlPlane, namespace: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = Engine(cluster_home, kubeconfig(plane, "https://127.0.0.1:1"))
    resource = engine.resource(CONFIG_MAP, {**named(namespace), "data": {"a": "1"}})
    assert engine.backend.preview(resource)["data"] == {"a": "1"}
    with pytest.raises(Refused, match=r"configured Kubernetes cluster is unreachable: .*127\.0\.0\.1:1"):
        engine.backend.create(resource)
    there = replace(resource, id=f"{namespace}/one")
    with pytest.raises(Refused, match=f"unreachable.*{FORGET_UNREACHABLE}"):
        engine.backend.read(there)
    with pytest.raises(Refused, match=f"unreachable.*{FORGET_UNREACHABLE}"):
        engine.backend.delete(there)
    monkeypatch.setenv(FORGET_UNREACHABLE, "true")
    assert engine.backend.read(there) is None
    engine.backend.delete(there)


def test_a_chart_is_known_as_a_release_alone(engine: Engine) -> None:
    with pytest.raises(UnknownType, match=r"helm\.sh/v3:Release alone"):
        engine.resource("helm.sh/v4:Chart", {"chart": "x", "version": "1"})


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


def test_what_exists_is_refused_of_whichever_kind_whoever_made_it(engine: Engine, namespace: str) -> None:
    policy = {**named(namespace), "spec": {"podSelector": {}}}
    kinds = {
        "core/v1:Namespace": ({"metadata": {"name": f"{namespace}-in"}}, f'namespaces "{namespace}-in"'),
        "networking.k8s.io/v1:NetworkPolicy": (policy, r'networkpolicies\.networking\.k8s\.io "one"'),
    }
    for type, (inputs, said) in kinds.items():
        engine.up(type, inputs)
        for name in ("it", "another"):
            with pytest.raises(Refused, match=said + " already exists"):
                engine.up(type, inputs, name)


def test_a_kubeconfig_that_is_not_known_yet_is_previewed(cluster_home: Home) -> None:
    backend = KubernetesBackend(cluster_home)
    backend.configure({"kubeconfig": UNKNOWN})
    nowhere = {"metadata": {"name": "c", "namespace": UNKNOWN}}
    resource = Resource("urn:pulumi:s::p::t::x", f"kubernetes:{CONFIG_MAP}", "x", inputs=nowhere)
    resource = replace(resource, inputs=backend.check(resource))
    assert backend.preview(resource)["metadata"]["uid"] is UNKNOWN
    with pytest.raises(Refused, match=r"unreachable.*names no cluster"):
        backend.create(resource)
