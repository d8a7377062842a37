"""What the API server checks of each kind beyond its schema."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping
from typing import Any

from rehearsal.cluster import merge
from rehearsal.cluster.schedule import BadSchedule, Schedule
from rehearsal.plugins.backend import Refused, Unknown
from rehearsal.plugins.kubernetes import pod_rules
from rehearsal.plugins.kubernetes.faults import Faults, any_unknown, items, known, mapping
from rehearsal.plugins.kubernetes.names import key_fault, name_fault, port_name_fault, value_fault
from rehearsal.plugins.kubernetes.rows import Kind

_ANNOTATIONS_BYTES = 256 * 1024
_OBJECT_BYTES = 1024 * 1024
_JOB_NAME = 63


def check(row: Kind, object: Mapping[str, Any]) -> None:
    """Raise Refused with the first fault; what a preview cannot know is passed over."""
    faults = Faults()
    metadata = mapping(object.get("metadata"))
    _metadata(metadata, "metadata", faults)
    if known(name := metadata.get("name")):
        faults.add("metadata.name", name_fault(name, row.name))
    if row.cluster_scoped and known(metadata.get("namespace")):
        faults.add("metadata.namespace", f"a {row.kind} belongs to the cluster and has no namespace")
    if known(namespace := metadata.get("namespace")):
        faults.add("metadata.namespace", name_fault(namespace, "label"))
    if row.kind in _KINDS:
        _KINDS[row.kind](object, faults)
    if faults.found:
        path, fault = faults.found[0]
        subject = f"{row.kind} {name}" if isinstance(name, str) else row.kind
        raise Refused(f"{subject}: {path}: {fault}", property=path.partition(".")[0].partition("[")[0])


def _metadata(metadata: Mapping[str, Any], at: str, faults: Faults) -> None:
    for key, value in mapping(metadata.get("labels")).items():
        faults.add(f"{at}.labels", key_fault(key))
        faults.add(f"{at}.labels.{key}", value_fault(value))
    annotations = mapping(metadata.get("annotations"))
    for key in annotations:
        faults.add(f"{at}.annotations", key_fault(key.lower()))
    if sum(len(key) + len(str(value)) for key, value in annotations.items()) > _ANNOTATIONS_BYTES:
        faults.add(f"{at}.annotations", f"together they must not exceed {_ANNOTATIONS_BYTES} bytes")


def _template(spec: Mapping[str, Any], faults: Faults, policies: tuple[str, ...]) -> None:
    template = mapping(spec.get("template"))
    _metadata(mapping(template.get("metadata")), "spec.template.metadata", faults)
    if isinstance(template.get("spec"), Mapping):
        pod_rules.check(mapping(template["spec"]), "spec.template.spec", faults, policies)


def _selector(spec: Mapping[str, Any], faults: Faults) -> None:
    labels = mapping(mapping(mapping(spec.get("template")).get("metadata")).get("labels"))
    selector = spec.get("selector")
    above = [merge.at(spec, path) for path in ("template", "template.metadata", "template.metadata.labels")]
    if not known(selector) or any(isinstance(part, Unknown) for part in above) or any_unknown(labels):
        return
    wanted = mapping(mapping(selector).get("matchLabels"))
    if not wanted and not mapping(selector).get("matchExpressions") and not any_unknown(selector):
        faults.add("spec.selector", "an empty selector selects every pod and is refused")
    for key, value in wanted.items():
        if known(value) and labels.get(key) != value:
            faults.add(
                "spec.selector.matchLabels",
                f"{key}={value} is not among the labels of spec.template, which it must select",
            )


def _deployment(object: Mapping[str, Any], faults: Faults) -> None:
    spec = mapping(object.get("spec"))
    _selector(spec, faults)
    _template(spec, faults, ("Always",))
    if isinstance(replicas := spec.get("replicas"), int) and replicas < 0:
        faults.add("spec.replicas", f"{replicas} must not be negative")
    strategy = mapping(spec.get("strategy"))
    if strategy.get("type") == "Recreate" and strategy.get("rollingUpdate") is not None:
        faults.add("spec.strategy.rollingUpdate", "is for the type RollingUpdate, not for Recreate")
    rolling = mapping(strategy.get("rollingUpdate"))
    if rolling.get("maxSurge") in (0, "0%") and rolling.get("maxUnavailable") in (0, "0%"):
        faults.add("spec.strategy.rollingUpdate.maxUnavailable", "must not be 0 when maxSurge is 0")


def _daemon_set(object: Mapping[str, Any], faults: Faults) -> None:
    spec = mapping(object.get("spec"))
    _selector(spec, faults)
    _template(spec, faults, ("Always",))


def _job(object: Mapping[str, Any], faults: Faults) -> None:
    name = mapping(object.get("metadata")).get("name")
    spec = mapping(object.get("spec"))
    _job_spec(spec, "spec", faults)
    completions = spec.get("completions")
    if isinstance(name, str) and isinstance(completions, int) and spec.get("completionMode") == "Indexed":
        longest = len(f"{name}-{max(completions - 1, 0)}")
        if longest > _JOB_NAME:
            faults.add("metadata.name", f"{name}-{completions - 1} would not fit a host name of {_JOB_NAME}")


def _job_spec(spec: Mapping[str, Any], at: str, faults: Faults) -> None:
    if at == "spec":
        _template(spec, faults, ("OnFailure", "Never"))
    indexed = spec.get("completionMode") == "Indexed"
    if indexed and "completions" not in spec:
        faults.add(f"{at}.completions", "is required when completionMode is Indexed")
    if "backoffLimitPerIndex" in spec and not indexed:
        faults.add(f"{at}.backoffLimitPerIndex", "needs completionMode Indexed")
    if "maxFailedIndexes" in spec and "backoffLimitPerIndex" not in spec:
        faults.add(f"{at}.maxFailedIndexes", "needs backoffLimitPerIndex")
    restart = mapping(mapping(spec.get("template")).get("spec")).get("restartPolicy")
    for field in ("podFailurePolicy", "backoffLimitPerIndex"):
        if field in spec and restart == "OnFailure":
            faults.add(f"{at}.{field}", "needs the restart policy Never")
    for field in ("completions", "parallelism", "backoffLimit", "activeDeadlineSeconds"):
        if isinstance(value := spec.get(field), int) and value < 0:
            faults.add(f"{at}.{field}", f"{value} must not be negative")


def _service(object: Mapping[str, Any], faults: Faults) -> None:
    spec = mapping(object.get("spec"))
    ports = list(items(spec.get("ports")))
    if (
        not ports
        and spec.get("type") != "ExternalName"
        and spec.get("clusterIP") != "None"
        and known_list(spec)
    ):
        faults.add("spec.ports", "at least one port is needed")
    names: set[str] = set()
    for place, port in ports:
        here = f"spec.ports[{place}]"
        faults.add(f"{here}.port", pod_rules.port_fault(port.get("port")))
        faults.add(f"{here}.targetPort", pod_rules.port_fault(port.get("targetPort")))
        if isinstance(port.get("targetPort"), str) and not port["targetPort"].isdigit():
            faults.add(f"{here}.targetPort", port_name_fault(port["targetPort"]))
        name = port.get("name")
        if len(ports) > 1 and name in (None, ""):
            faults.add(f"{here}.name", "is required where a Service has several ports")
        elif known(name):
            faults.add(f"{here}.name", name_fault(name, "label"))
            faults.add(f"{here}.name", f"{name} is the name of two ports" if name in names else "")
            names.add(str(name))
    for key, value in mapping(spec.get("selector")).items():
        faults.add("spec.selector", key_fault(key))
        faults.add(f"spec.selector.{key}", value_fault(value))


def known_list(spec: Mapping[str, Any]) -> bool:
    """Whether a Service's ports are a list that is known, or none at all."""
    return spec.get("ports") is None or isinstance(spec["ports"], list)


def _secret(object: Mapping[str, Any], faults: Faults) -> None:
    for key, value in mapping(object.get("data")).items():
        if isinstance(value, str):
            try:
                base64.b64decode(value, validate=True)
            except (binascii.Error, ValueError):
                faults.add(f"data.{key}", "is not base64; plain text goes into stringData")
    _keys(object, ("data", "stringData"), faults)


def _config_map(object: Mapping[str, Any], faults: Faults) -> None:
    _keys(object, ("data", "binaryData"), faults)


def _keys(object: Mapping[str, Any], parts: tuple[str, ...], faults: Faults) -> None:
    size = 0
    for part in parts:
        for key, value in mapping(object.get(part)).items():
            bad = not key or len(key) > 253 or not all(c.isalnum() or c in "-_." for c in key)
            faults.add(part, f"{key!r} must consist of letters, digits, -, _ and ." if bad else "")
            size += len(str(value))
    if size > _OBJECT_BYTES:
        faults.add(parts[0], f"holds {size} bytes; at most {_OBJECT_BYTES} are allowed")


def _scaler(object: Mapping[str, Any], faults: Faults) -> None:
    spec = mapping(object.get("spec"))
    least, most = spec.get("minReplicas", 1), spec.get("maxReplicas")
    if isinstance(least, int) and isinstance(most, int) and least > most:
        faults.add("spec.maxReplicas", f"{most} must not be below minReplicas of {least}")


def _budget(object: Mapping[str, Any], faults: Faults) -> None:
    spec = mapping(object.get("spec"))
    if spec.get("minAvailable") is not None and spec.get("maxUnavailable") is not None:
        faults.add("spec", "minAvailable and maxUnavailable exclude each other")


def _quota(object: Mapping[str, Any], faults: Faults) -> None:
    for name, value in mapping(mapping(object.get("spec")).get("hard")).items():
        faults.add(f"spec.hard.{name}", pod_rules.quantity_fault(value))


def _claim(object: Mapping[str, Any], faults: Faults) -> None:
    requests = mapping(mapping(mapping(object.get("spec")).get("resources")).get("requests"))
    if "storage" not in requests and not any_unknown(object.get("spec")):
        faults.add("spec.resources.requests.storage", "is required")
    faults.add("spec.resources.requests.storage", pod_rules.quantity_fault(requests.get("storage")))


def _binding(object: Mapping[str, Any], faults: Faults) -> None:
    for place, subject in items(object.get("subjects")):
        if subject.get("kind") == "ServiceAccount" and not subject.get("namespace"):
            faults.add(f"subjects[{place}].namespace", "a ServiceAccount is named with its namespace")


def _cron_job(object: Mapping[str, Any], faults: Faults) -> None:
    schedule = mapping(object.get("spec")).get("schedule")
    if isinstance(schedule, str):
        try:
            Schedule.parse(schedule)
        except BadSchedule as error:
            faults.add("spec.schedule", str(error))


def _release(object: Mapping[str, Any], faults: Faults) -> None:
    for field in ("chart", "version"):
        if object.get(field) in (None, ""):
            faults.add(field, f"a Release must pin its {field}: what is installed would change by itself")


_KINDS: dict[str, Callable[[Mapping[str, Any], Faults], None]] = {
    "ClusterRoleBinding": _binding,
    "ConfigMap": _config_map,
    "CronJob": _cron_job,
    "DaemonSet": _daemon_set,
    "Deployment": _deployment,
    "HorizontalPodAutoscaler": _scaler,
    "Job": _job,
    "PersistentVolumeClaim": _claim,
    "PodDisruptionBudget": _budget,
    "Release": _release,
    "ResourceQuota": _quota,
    "RoleBinding": _binding,
    "Secret": _secret,
    "Service": _service,
}
