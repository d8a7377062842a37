"""What pulumi-kubernetes does with a resource, done with a control plane of the rehearsal.

v4.32.0, provider/pkg/provider/provider.go and provider/pkg/await/await.go; read 2026-11-28. One thing is
stricter: a field that the API does not have is refused, where the plugin lets the server drop it in silence.
"""

from __future__ import annotations

import copy
import os
import threading
from collections.abc import Callable
from functools import wraps
from typing import Any, Final, ParamSpec, TypeVar

from rehearsal.control_plane.api import Api
from rehearsal.control_plane.errors import ApiRefused, ControlPlaneError
from rehearsal.home import Home
from rehearsal.plugins.backend import (
    Backend,
    Change,
    Created,
    Found,
    Incomplete,
    Properties,
    Refused,
    Resource,
    UnknownType,
)
from rehearsal.plugins.kubernetes import objects, ownership, paths, readiness
from rehearsal.plugins.kubernetes.kubeconfig import other_cluster
from rehearsal.plugins.kubernetes.reach import Unreachable, api_server
from rehearsal.plugins.kubernetes.rows import ROWS, Kind, row_of, wire_version
from rehearsal.plugins.kubernetes.waiting import NotReady, Waiting
from rehearsal.plugins.wire import contains_unknown

Object = dict[str, Any]
P = ParamSpec("P")
Answer = TypeVar("Answer")

FORGET_UNREACHABLE: Final = "PULUMI_K8S_DELETE_UNREACHABLE"
_UNREACHABLE: Final = "configured Kubernetes cluster is unreachable"
_REMOVE: Final = (
    "If the cluster was deleted, you can remove this resource from the state by the same command with "
    f'{FORGET_UNREACHABLE}="true"'
)
_SERVERS_OWN: Final = ("creationTimestamp", "generation", "resourceVersion", "uid")
_PROPAGATION: Final = "pulumi.com/deletionPropagationPolicy"
# As its retry.go: what an object needs may be on its way, such as the namespace.
_RETRY_SECONDS: Final = (1.0, 2.0, 4.0, 8.0, 16.0)


def heard(method: Callable[P, Answer]) -> Callable[P, Answer]:
    """The same, where an API server that gives no answer any more is a refusal."""

    @wraps(method)
    def call(*args: P.args, **kwargs: P.kwargs) -> Answer:
        try:
            return method(*args, **kwargs)
        except (ApiRefused, ControlPlaneError) as refused:
            raise Refused(str(refused)) from None

    return call


class KubernetesBackend(Backend):
    """One cluster, as the provider's kubeconfig names it."""

    package = "kubernetes"

    def __init__(self, home: Home) -> None:
        self.home = home
        self._config: Properties = {}
        self.namespace = "default"
        self._mutable: set[str] = set()
        self.stopped = threading.Event()
        self._waiting = Waiting(home, self.stopped)
        self._asking = threading.Lock()
        self._api: Api | Unreachable | None = None

    def configure(self, config: Properties) -> None:
        self._config = config
        self.namespace = config.get("namespace") or "default"
        self._mutable = {
            kind for kind in ("ConfigMap", "Secret") if config.get(f"enable{kind}Mutable") in (True, "true")
        }

    def replaces_provider(self, old: Properties, new: Properties, changed: frozenset[str]) -> frozenset[str]:
        return other_cluster(old, new, changed)

    def check(self, resource: Resource) -> Properties:
        return objects.named(row_of(resource.type), resource, self.namespace)

    @heard
    def diff(self, old: Resource, new: Resource) -> Change:
        row = row_of(new.type)
        unready = objects.asks_replacement(row, new) and self._is_unready(row, old)
        return objects.change(row, old, new, self._mutable, unready=unready)

    def _is_unready(self, row: Kind, old: Resource) -> bool:
        api = self.server()
        job = _get(api, row, old.id) if isinstance(api, Api) else None
        return job is not None and not readiness.has_completed(job)

    @heard
    def preview(self, resource: Resource) -> Properties:
        api, inputs = self.server(), resource.inputs
        if contains_unknown(inputs) or not isinstance(api, Api):
            return objects.previewed(resource)
        try:
            return _to_be(api.create(inputs, manager=ownership.CREATOR, dry_run=True), inputs)
        except ApiRefused as refused:
            # What stands goes first, or the namespace and the kind come with the same up.
            if refused.reason in ("AlreadyExists", "Forbidden", "NotFound"):
                return objects.previewed(resource)
            raise Refused(_not_created(inputs, refused)) from None

    @heard
    def preview_update(self, old: Resource, new: Resource) -> Properties | None:
        row, api = row_of(new.type), self.server()
        if contains_unknown(new.inputs) or not isinstance(api, Api):
            return None
        live = _there(api, row, old)
        try:
            return _to_be(_apply(api, live, new, dry_run=True), new.inputs)
        except ApiRefused as refused:
            if refused.reason == "Forbidden":
                return None
            raise Refused(_not_updated(new, refused, live)) from None

    @heard
    def create(self, resource: Resource) -> Created:
        api, object = self.reached(), resource.inputs
        return self._when_ready(api, self._with_retries(api, object), object, updated=False)

    def _with_retries(self, api: Api, object: Object) -> Object:
        for seconds in (*_RETRY_SECONDS, 0.0):
            try:
                return api.create(object, manager=ownership.CREATOR)
            except ApiRefused as refused:
                if refused.reason != "NotFound" or not seconds or self.stopped.wait(seconds):
                    raise Refused(_not_created(object, refused)) from None
        raise AssertionError("the last try answers or raises")

    @heard
    def read(self, resource: Resource) -> Found | None:
        api = self.server()
        if not isinstance(api, Api):
            return self.read_unreachable(api)
        live = _get(api, row_of(resource.type), resource.id)
        if live is None:
            return None
        shown = _shown(live, resource.inputs)
        if not resource.inputs:
            return Found(_imported(shown), shown)
        return Found(paths.shaped_like(shown, resource.inputs), shown)

    @heard
    def update(self, old: Resource, new: Resource) -> Properties:
        row, api = row_of(new.type), self.reached()
        live = _there(api, row, old)
        try:
            if taken := ownership.taken_over(live, ownership.manager_of(live, new.urn)):
                live = api.patch(live, taken)
            made = _apply(api, live, new, dry_run=False)
        except ApiRefused as refused:
            raise Refused(_not_updated(new, refused, live)) from None
        return self._when_ready(api, made, new.inputs, updated=True).outputs

    @heard
    def delete(self, resource: Resource) -> None:
        row, api = row_of(resource.type), self.server()
        if not isinstance(api, Api):
            if self.forgets():
                return
            raise Refused(self.said_of(api))
        if (live := _get(api, row, resource.id)) is None:
            return
        said = objects.annotation(resource.inputs, _PROPAGATION).capitalize()
        policy = said if said in ("Orphan", "Background") else "Foreground"
        name, namespace = objects.split(resource.id)
        try:
            api.delete(live["apiVersion"], row.kind, name, namespace, propagation=policy)
        except ApiRefused as refused:
            if refused.reason != "NotFound":
                raise Refused(f"{row.kind} {resource.id} was not deleted: {refused}") from None
        self._waiting.until_gone(live, lambda: _get(api, row, resource.id))

    def invoke(self, token: str, arguments: Properties) -> Properties:  # noqa: ARG002
        raise UnknownType(f"the rehearsed Kubernetes has no function {token}")

    def secret_outputs(self, type: str) -> frozenset[str]:
        return ROWS[type].secret if type in ROWS else frozenset()

    def note(self, type: str) -> str:
        return row_of(type).note

    def cancel(self) -> None:
        self.stopped.set()

    # The API server

    def server(self) -> Api | Unreachable:
        """Asked once, as the real plugin does when it is configured: its clusterUnreachable."""
        with self._asking:
            if self._api is None:
                try:
                    self._api = api_server(self.home, self._config)
                except Unreachable as reason:
                    self._api = reason
            return self._api

    def reached(self) -> Api:
        """The API server. Raises Refused where none answers."""
        api = self.server()
        if isinstance(api, Api):
            return api
        raise Refused(f"{_UNREACHABLE}: unable to load schema information from the API server: {api}")

    def read_unreachable(self, reason: Unreachable) -> Found | None:
        """What a read finds where no API server answers: nothing, if the user says so. Raises Refused."""
        if self.forgets():
            return None
        raise Refused(f"failed to read resource state due to unreachable cluster ({reason}). {_REMOVE}")

    def said_of(self, reason: Unreachable) -> str:
        """The sentence on a cluster that cannot be reached, and what may be done."""
        return f"{_UNREACHABLE} ({reason}). {_REMOVE}"

    def forgets(self) -> bool:
        """Whether the user has said that what is in an unreachable cluster may be forgotten."""
        return self._config.get("deleteUnreachable") in (True, "true") or (
            os.environ.get(FORGET_UNREACHABLE) == "true"
        )

    def _when_ready(self, api: Api, made: Object, inputs: Properties, *, updated: bool) -> Created:
        id = objects.id_of(made)
        try:
            return Created(id, _shown(self._waiting.until_ready(api, made, updated=updated), inputs))
        except NotReady as late:
            meta = made["metadata"]
            now = api.get(made["apiVersion"], made["kind"], meta["name"], meta.get("namespace", "")) or made
            raise Incomplete(str(late), Created(id, _shown(now, inputs))) from None


def _get(api: Api, row: Kind, id: str) -> Object | None:
    return api.get(wire_version(row.api_version), row.kind, *objects.split(id))


def _there(api: Api, row: Kind, old: Resource) -> Object:
    live = _get(api, row, old.id)
    if live is None:
        raise Refused(f'404: {row.kind} "{old.id}" not found: `pulumi refresh` tells the stack\'s state so')
    return live


def _apply(api: Api, live: Object, new: Resource, *, dry_run: bool) -> Object:
    manager = ownership.manager_of(live, new.urn)
    object = ownership.without_ignored(new.inputs, live, new.ignored, manager)
    force = objects.annotation(object, objects.PATCH_FORCE) == "true"
    force |= dry_run and ownership.is_forced_in_preview(live)
    return api.apply(object, manager=manager, dry_run=dry_run, force=force)


def _shown(live: Object, inputs: Properties) -> Properties:
    """An object as the resource's outputs have it, without who owns which field."""
    shown = copy.deepcopy(live)
    shown["metadata"].pop("managedFields", None)
    return {**shown, **objects.plain_text(shown, inputs)}


def _imported(shown: Object) -> Properties:
    """What of an object a program could have said; ``Read`` takes the same away."""
    metadata = {key: value for key, value in shown["metadata"].items() if key not in _SERVERS_OWN}
    if isinstance(annotations := metadata.get("annotations"), dict):
        annotations = {key: text for key, text in annotations.items() if key != readiness.REVISION}
        metadata = {**metadata, "annotations": annotations}
    return {**{key: value for key, value in shown.items() if key != "status"}, "metadata": metadata}


def _to_be(answer: Object, inputs: Properties) -> Properties:
    return objects.without_uncertain(_shown(answer, inputs))


def _not_created(object: Object, refused: ApiRefused) -> str:
    what = f"resource {objects.id_of(object)}"
    return f"{what} was not successfully created by the Kubernetes API server: {refused}"


def _not_updated(new: Resource, refused: ApiRefused, live: Object) -> str:
    if refused.reason != "Conflict":
        return f"update of {new.inputs['kind']} {objects.id_of(live)} failed: {refused}"
    manager, conflicts = ownership.manager_of(live, new.urn), " ".join(str(refused).split())
    return (
        f"server-side apply field conflict detected: {new.inputs['kind']} {objects.id_of(live)}: the "
        f'resource managed by field manager "{manager}" had an apply conflict: {conflicts}; '
        "docs/serving.md, 'Changed by hand', says what to do"
    )
