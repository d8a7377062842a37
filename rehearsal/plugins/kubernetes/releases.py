"""Helm releases: recorded in their cluster with chart and values, where Helm itself would keep them.

No chart is fetched here and nothing of it runs, but the definitions of its kinds, which are applied and
waited for, as Helm does it before the rest. Named, replaced and refused as pulumi-kubernetes v4.32.0 does it
(provider/pkg/provider/helm_release.go; from memory of its sources and Helm's messages, 2026-11-28).
"""

from __future__ import annotations

import base64
import json
import threading
from typing import Any, Final

from rehearsal.control_plane.api import Api
from rehearsal.control_plane.errors import ApiRefused
from rehearsal.plugins.backend import UNKNOWN, Change, Created, Found, Properties, Refused, Resource
from rehearsal.plugins.kubernetes import objects
from rehearsal.plugins.kubernetes.definitions import of_chart
from rehearsal.plugins.kubernetes.rows import RELEASE, Kind

Object = dict[str, Any]

TYPE: Final = f"kubernetes:{RELEASE}"
_HELMS: Final = "helm.sh/release.v1"
_CONTENT: Final = "release"
_KEPT: Final = ("chart", "version", "repositoryOpts", "values", "skipCrds")
_REPLACES: Final = ("name", "namespace")
_SERVED_SECONDS: Final = 30.0
_POLL_SECONDS: Final = 0.1


def named(resource: Resource, namespace: str) -> Properties:
    """A release's inputs with the name and the namespace that it goes by."""
    inputs = {"namespace": namespace, **resource.inputs}
    if not inputs.get("name"):
        row = Kind("helm.sh/v3", "Release")
        inputs["name"] = objects.autoname(resource, row, {})
    return inputs


def change(old: Resource, new: Resource) -> Change:
    """What changes, and whether that makes it another release."""
    keys = {*old.inputs, *new.inputs}
    changed = frozenset(key for key in keys if old.inputs.get(key) != new.inputs.get(key))
    replaces = changed & {*_REPLACES}
    return Change(changed, replaces, bool(replaces))


def previewed(resource: Resource) -> Properties:
    """Outputs of a release that nobody can ask about yet."""
    return {**resource.inputs, "status": UNKNOWN}


def create(api: Api, resource: Resource, stopped: threading.Event) -> Created:
    """Record it, after the definitions of its kinds. Raises Refused."""
    inputs = resource.inputs
    name, namespace = inputs["name"], inputs["namespace"]
    if _record(api, name, namespace) is not None:
        raise Refused(f"release {namespace}/{name}: cannot re-use a name that is still in use")
    if not inputs.get("version"):
        raise Refused(f"release {namespace}/{name} of {inputs.get('chart')} names no version of its chart")
    _define(api, inputs, stopped)
    try:
        api.create(_secret(inputs, revision=1))
    except ApiRefused as refused:
        raise Refused(f"release {namespace}/{name} was not created: {refused}") from None
    return Created(f"{namespace}/{name}", {**inputs, "status": _status(inputs, 1)})


def read(api: Api, id: str, inputs: Properties) -> Found | None:
    """It as its cluster has it; None where it is gone."""
    name, namespace = objects.split(id)
    there = _record(api, name, namespace)
    if there is None:
        return None
    kept = json.loads(base64.b64decode(there["data"][_CONTENT]))
    now = {**inputs, "name": name, "namespace": namespace, **kept}
    now = {key: value for key, value in now.items() if key not in _KEPT or key in kept}
    return Found(now, {**now, "status": _status(now, _revision(there))})


def update(api: Api, id: str, inputs: Properties, stopped: threading.Event) -> Properties:
    """Its next revision. Raises Refused."""
    there = _record(api, *objects.split(id))
    if there is None:
        raise Refused(f"release {id} has no deployed releases: `pulumi refresh` tells the stack's state so")
    _define(api, inputs, stopped)
    revision = _revision(there) + 1
    api.apply(_secret(inputs, revision=revision), manager="helm", force=True)
    return {**inputs, "status": _status(inputs, revision)}


def delete(api: Api, resource: Resource, stopped: threading.Event) -> None:
    """Take it away with the definitions that came by it, unless its values keep them.

    Raises Refused, also where it is gone: the plugin hands on what Helm says (helm_release.go, ``Delete``,
    read 2026-11-28), and takes no definition that another release may have brought.
    """
    name, namespace = objects.split(resource.id)
    if (there := _record(api, name, namespace)) is None:
        raise Refused(f"uninstall: Release not loaded: {name}: release: not found")
    api.delete("v1", "Secret", there["metadata"]["name"], namespace)
    kept = (resource.inputs.get("values") or {}).get("crds") or {}
    for definition in () if kept.get("keep") else of_chart(_chart(resource.inputs)):
        _forget(api, definition, stopped)


def _forget(api: Api, definition: Object, stopped: threading.Event) -> None:
    kind = (definition["apiVersion"], definition["kind"], definition["metadata"]["name"])
    try:
        api.delete(*kind)
    except ApiRefused as refused:
        if refused.reason != "NotFound":
            raise
    waited = 0.0
    while api.get(*kind) is not None:
        waited += _POLL_SECONDS
        if waited > _SERVED_SECONDS or stopped.wait(_POLL_SECONDS):
            raise Refused(f"the definition {kind[2]} is being deleted, and its objects are not gone yet")


def _define(api: Api, inputs: Properties, stopped: threading.Event) -> None:
    if not inputs.get("skipCrds"):
        define(api, _chart(inputs), stopped)


def define(api: Api, chart: str, stopped: threading.Event | None = None) -> None:
    """Have the API server know a chart's kinds of objects. Raises Refused where they do not come to be."""
    definitions = of_chart(chart)
    for definition in definitions:
        api.apply(definition, manager="helm", force=True)
    for definition in definitions:
        name, waited = definition["metadata"]["name"], 0.0
        while not _is_established(api.get(definition["apiVersion"], definition["kind"], name)):
            waited += _POLL_SECONDS
            if waited > _SERVED_SECONDS or (stopped or threading.Event()).wait(_POLL_SECONDS):
                raise Refused(f"the definition {name} of chart {chart} is not served yet")


def _is_established(definition: Object | None) -> bool:
    conditions = ((definition or {}).get("status") or {}).get("conditions") or ()
    return any(each["type"] == "Established" and each["status"] == "True" for each in conditions)


def _chart(inputs: Properties) -> str:
    """The chart's own name: an OCI chart is named by its whole address."""
    return str(inputs.get("chart", "")).rpartition("/")[2]


def _record(api: Api, name: str, namespace: str) -> Object | None:
    return api.get("v1", "Secret", _called(name), namespace)


def _called(name: str) -> str:
    return f"sh.helm.release.v1.{name}"


def _secret(inputs: Properties, *, revision: int) -> Object:
    content = json.dumps({key: inputs[key] for key in _KEPT if key in inputs}, sort_keys=True)
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "type": _HELMS,
        "metadata": {
            "name": _called(inputs["name"]),
            "namespace": inputs["namespace"],
            "labels": {"owner": "helm", "name": inputs["name"], "version": str(revision)},
        },
        "data": {_CONTENT: base64.b64encode(content.encode()).decode()},
    }


def _revision(secret: Object) -> int:
    return int(secret["metadata"]["labels"]["version"])


def _status(inputs: Properties, revision: int) -> Properties:
    return {
        "name": inputs["name"],
        "namespace": inputs["namespace"],
        "chart": _chart(inputs),
        "version": inputs.get("version"),
        "revision": revision,
        "status": "deployed",
    }
