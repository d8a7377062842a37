"""The Kubernetes backend: the rows' rules over the record of a cluster, and waiting for its node agent."""

from __future__ import annotations

import copy
import threading
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from rehearsal.cluster import agent, merge
from rehearsal.cluster.job import is_over
from rehearsal.cluster.kinds import group, noun
from rehearsal.cluster.record import Cluster, Rejected, gone
from rehearsal.home import Home
from rehearsal.plugins.backend import (
    UNKNOWN,
    Backend,
    BackendLost,
    Change,
    Created,
    Found,
    Incomplete,
    Properties,
    Refused,
    Resource,
    UnknownType,
)
from rehearsal.plugins.kubernetes import awaits, objects, rules, schema
from rehearsal.plugins.kubernetes.faults import mapping
from rehearsal.plugins.kubernetes.kubeconfig import cluster_name, identity, other_cluster
from rehearsal.plugins.kubernetes.objects import split
from rehearsal.plugins.kubernetes.rows import ROWS, Kind, row_of, wire_version

_GONE_SECONDS = 60.0
# The controllers' own notes, and counts that move on when a resource is ready: a refresh would call it drift.
_VOLATILE = frozenset({"progressedAt", "terminatingReplicas", "terminating", "ready"})

Answer = TypeVar("Answer")


class KubernetesBackend(Backend):
    """One cluster of a rehearsal, as the provider's kubeconfig names it."""

    package = "kubernetes"

    def __init__(self, home: Home, version: str) -> None:
        """``version``: the minor version whose API schema counts, such as 1.36."""
        self._home = home
        self._version = version
        self._cluster: Cluster | None = None
        self._identity = ""
        self._namespace = "default"
        self._mutable: set[str] = set()
        self._stopped = threading.Event()

    def configure(self, config: Properties) -> None:
        kubeconfig, context = config.get("kubeconfig"), config.get("context")
        if isinstance(kubeconfig, str) and kubeconfig:
            name = cluster_name(kubeconfig, context if isinstance(context, str) else "")
            self._cluster = Cluster(self._home, name)
            self._identity = identity(config)
        if isinstance(config.get("namespace"), str) and config["namespace"]:
            self._namespace = config["namespace"]
        for kind in ("ConfigMap", "Secret"):
            if config.get(f"enable{kind}Mutable") in (True, "true"):
                self._mutable.add(kind)

    def replaces_provider(self, old: Properties, new: Properties, changed: frozenset[str]) -> frozenset[str]:
        return other_cluster(old, new, changed)

    def check(self, resource: Resource) -> Properties:
        row = row_of(resource.type)
        inputs = copy.deepcopy(resource.inputs)
        if not row.apply:
            inputs.setdefault("namespace", self._namespace)
            inputs.setdefault("name", objects.autoname(resource, row, inputs))
            rules.check(row, inputs)
            return inputs
        inputs = objects.named(row, resource, self._namespace)
        if isinstance(inputs["metadata"], dict) and row.schema:
            schema.check(inputs, self._version)
        rules.check(row, inputs)
        return inputs

    def diff(self, old: Resource, new: Resource) -> Change:
        row = row_of(new.type)
        if row.kind == "Deployment":
            self._resume()
        return objects.change(row, old, new, self._mutable, unready=self._is_unready(row, old, new))

    def _is_unready(self, row: Kind, old: Resource, new: Resource) -> bool:
        if self._cluster is None or not objects.asks_replacement(row, new):
            return False
        job = self._cluster.get("Job", *split(old.id)) if self._cluster.is_of(self._identity) else None
        return job is not None and not (is_over(job) or (False,))[0]

    def _resume(self) -> None:
        """What the record says is to run shall run: the machine may have been started anew meanwhile."""
        cluster = self._cluster
        if cluster is not None and cluster.list("Deployment") and not agent.is_running(self._home):
            agent.ensure(self._home)

    def preview(self, resource: Resource) -> Properties:
        row = row_of(resource.type)
        return objects.previewed(resource) if row.apply else {**resource.inputs, "status": UNKNOWN}

    def create(self, resource: Resource) -> Created:
        row, cluster = row_of(resource.type), self._known_cluster()
        object = _object(row, resource.inputs)
        name, namespace = object["metadata"]["name"], object["metadata"].get("namespace", "")
        kind = noun(object["apiVersion"], object["kind"])
        _asked(lambda: cluster.begin(self._identity))
        existing = cluster.get(kind, name, namespace)
        if existing is not None and "deletionTimestamp" in existing["metadata"]:
            # Its cluster is gone, and its processes are about to be.
            self._remove(cluster, row, name, namespace)
        elif existing is not None:
            # As the real plugin, whose creations are the client's since pulumi/pulumi-kubernetes#4278 (read
            # 2026-11-27): "upsertExistingObjects" is off, and the API server answers 409.
            raise Refused(
                f"resource {namespace + '/' if namespace else ''}{name} was not successfully created by the "
                f'Kubernetes API server: {_resource(object)} "{name}" already exists'
            )
        made = _asked(lambda: cluster.apply(object, urn=resource.urn))
        id = objects.id_of(object)
        return Created(id, self._when_ready(row, cluster, made, resource, id))

    def read(self, resource: Resource) -> Found | None:
        row, cluster = row_of(resource.type), self._known_cluster()
        name, namespace = split(resource.id)
        live = cluster.get(noun(wire_version(row.api_version), row.kind), name, namespace)
        if live is None or "deletionTimestamp" in live["metadata"] or not cluster.is_of(self._identity):
            return None
        shown = _shown(row, live, resource.inputs)
        if not resource.inputs:
            imported = {key: value for key, value in shown.items() if key != "status"}
            return Found(imported, shown)
        return Found(merge.shaped_like(shown, resource.inputs), shown)

    def update(self, old: Resource, new: Resource) -> Properties:
        row, cluster = row_of(new.type), self._known_cluster()
        object = _object(row, new.inputs)
        kind = noun(object["apiVersion"], object["kind"])
        if not cluster.is_of(self._identity):
            raise Refused(gone(cluster.name))
        live = cluster.get(kind, *split(old.id))
        if live is None:
            self._missing(cluster, row, old)
        for path in new.ignored:
            # What is left to others is what they made of it (await.go, handleSSAIgnoreFields).
            if (there := merge.at(live or {}, path)) is not None:
                object = merge.put(object, path, there)
        self._check_conflicts(cluster, row, object)
        made = _asked(lambda: cluster.apply(object, urn=new.urn))
        return self._when_ready(row, cluster, made, new, old.id)

    def _check_conflicts(self, cluster: Cluster, row: Kind, object: dict[str, Any]) -> None:
        """Refuse to take a field from whoever set it since, as pulumi-kubernetes does.

        v4.32.0, provider/pkg/await/await.go, ``handleSSAErr``; read 2026-11-27. The record keeps one manager,
        so here the other has no name.
        """
        forced = objects.annotation(object, objects.PATCH_FORCE) == "true"
        fields = [] if forced else cluster.conflicts(object)
        if fields:
            raise Refused(
                f"server-side apply field conflict detected: {row.kind} {object['metadata']['name']}: "
                f'Apply failed with {len(fields)} conflict{"s"[: len(fields) > 1]}: conflict with "unknown": '
                f"{', '.join(fields)}; docs/serving.md, 'Changed by hand', says what to do"
            )

    def delete(self, resource: Resource) -> None:
        row, cluster = row_of(resource.type), self._known_cluster()
        name, namespace = split(resource.id)
        kind = noun(wire_version(row.api_version), row.kind)
        # An engine may delete late, or a second time, what went with a cluster that is gone.
        if cluster.is_of(self._identity) and cluster.get(kind, name, namespace) is not None:
            self._remove(cluster, row, name, namespace)

    def _remove(self, cluster: Cluster, row: Kind, name: str, namespace: str) -> None:
        kind = noun(wire_version(row.api_version), row.kind)
        _asked(lambda: cluster.delete(kind, name, namespace))
        left = cluster.get(kind, name, namespace)
        if left is None:
            return
        template = mapping(mapping(left.get("spec")).get("template"))
        grace = mapping(template.get("spec")).get("terminationGracePeriodSeconds", 30)
        limit = _GONE_SECONDS + float(grace)
        if not _asked(lambda: awaits.gone(cluster, kind, name, namespace, limit)):
            raise Refused(f"{row.kind} {name} is still ending after {limit:g} s; run the command again")

    def invoke(self, token: str, arguments: Properties) -> Properties:  # noqa: ARG002
        raise UnknownType(f"the rehearsed Kubernetes has no function {token}")

    def secret_outputs(self, type: str) -> frozenset[str]:
        return ROWS[type].secret if type in ROWS else frozenset()

    def note(self, type: str) -> str:
        return row_of(type).note

    def scope(self) -> str:
        return f"{self._cluster.name} {self._identity}".rstrip() if self._cluster is not None else ""

    def instance(self) -> str:
        if self._cluster is None:
            return ""
        return self._cluster.instance or "none"

    def cancel(self) -> None:
        self._stopped.set()

    def _known_cluster(self) -> Cluster:
        if self._cluster is None:
            raise Refused(
                "The Kubernetes provider has no kubeconfig: a rehearsal never uses the one of this machine's "
                "user, so pass the cluster's own."
            )
        return self._cluster

    def _missing(self, cluster: Cluster, row: Kind, old: Resource) -> None:
        if not cluster.instance:
            raise BackendLost(
                f"The record of the cluster {cluster.name} is gone, and {row.kind} {old.id} with it: "
                "`pulumi refresh` tells the state, the next `up` makes all anew."
            )
        raise Refused(f'404: {row.kind} "{old.id}" not found: `pulumi refresh` tells the stack\'s state so')

    def _when_ready(
        self, row: Kind, cluster: Cluster, made: dict[str, Any], resource: Resource, id: str
    ) -> Properties:
        try:
            return _shown(row, awaits.ready(cluster, made, self._stopped), resource.inputs)
        except awaits.NotReady as late:
            meta = made["metadata"]
            kind = noun(made["apiVersion"], made["kind"])
            now = cluster.get(kind, meta["name"], meta.get("namespace", "")) or made
            raise Incomplete(str(late), Created(id, _shown(row, now, resource.inputs))) from None
        except agent.AgentFailed as failed:
            raise Incomplete(str(failed), Created(id, _shown(row, made, resource.inputs))) from None


def _resource(object: Mapping[str, Any]) -> str:
    """What the API calls a kind, with its group: ``deployments.apps``."""
    kind, group_of = str(object["kind"]).lower(), group(str(object["apiVersion"]))
    plural = kind[:-1] + "ies" if kind.endswith("y") else kind + ("es" if kind.endswith("s") else "s")
    return f"{plural}.{group_of}" if group_of else plural


def _object(row: Kind, inputs: Properties) -> dict[str, Any]:
    if row.apply:
        return {**inputs, "apiVersion": wire_version(row.api_version), "kind": row.kind}
    metadata = {"name": inputs["name"], "namespace": inputs["namespace"]}
    return {"apiVersion": row.api_version, "kind": row.kind, "metadata": metadata, "spec": dict(inputs)}


def _shown(row: Kind, live: Mapping[str, Any], inputs: Properties) -> Properties:
    """An object as the resource's outputs have it."""
    if not row.apply:
        return {**live["spec"], "status": {"name": live["spec"]["name"], "status": "recorded"}}
    shown = copy.deepcopy(dict(live))
    if isinstance(shown.get("status"), dict):
        shown["status"] = {key: value for key, value in shown["status"].items() if key not in _VOLATILE}
    return {**shown, **objects.plain_text(shown, inputs)}


def _asked(call: Callable[[], Answer]) -> Answer:
    try:
        return call()
    except (Rejected, agent.AgentFailed) as refused:
        raise Refused(str(refused)) from None


__all__ = ["KubernetesBackend"]
