"""Mistakes in objects of the estate: one of each kind, and what the API server says to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

GONE = object()
"""In the place of a value: the key is taken out."""

_POD = "spec/template/spec"
_CONTAINER = f"{_POD}/containers/0"


@dataclass(frozen=True)
class Wrong:
    """An object of the estate with one mistake."""

    title: str
    kind: str
    name: str
    """The beginning of its name."""
    changes: Mapping[str, Any]
    """Path and value; parts of a path are keys and numbers."""
    says: str
    """Part of the API server's sentence."""


WRONG: tuple[Wrong, ...] = (
    Wrong("a misspelt field", "Deployment", "triton", {"spec/replica": 2}, ".spec.replica: field not decl"),
    Wrong("a text for a number", "Deployment", "triton", {"spec/replicas": "two"}, "expected numeric"),
    Wrong(
        "a selector of other pods",
        "Deployment",
        "triton",
        {"spec/selector/matchLabels/app.kubernetes.io~name": "other"},
        "`selector` does not match template `labels`",
    ),
    Wrong(
        "a rollout that may not move",
        "Deployment",
        "triton",
        {"spec/strategy/rollingUpdate": {"maxSurge": 0, "maxUnavailable": 0}},
        "may not be 0 when `maxSurge` is 0",
    ),
    Wrong(
        "an amount that is none",
        "Deployment",
        "triton",
        {f"{_CONTAINER}/resources/requests/memory": "4GiB"},
        "quantities must match the regular expression",
    ),
    Wrong(
        "more asked for than allowed",
        "Deployment",
        "triton",
        {f"{_CONTAINER}/resources/requests/memory": "900Gi"},
        "must be less than or equal to memory limit",
    ),
    Wrong(
        "a mount of no volume",
        "Deployment",
        "triton",
        {f"{_CONTAINER}/volumeMounts/0/name": "nowhere"},
        'Not found: "nowhere"',
    ),
    Wrong(
        "two ports of one name",
        "Deployment",
        "triton",
        {f"{_CONTAINER}/ports": [{"name": "a", "containerPort": 1}, {"name": "a", "containerPort": 2}]},
        'ports[1].name: Duplicate value: "a"',
    ),
    Wrong(
        "a probe that never succeeds",
        "Deployment",
        "triton",
        {f"{_CONTAINER}/readinessProbe/successThreshold": -1},
        "successThreshold: Invalid value: -1",
    ),
    Wrong(
        "a toleration that tolerates nothing",
        "Deployment",
        "triton",
        {f"{_POD}/tolerations/0/value": "yes"},
        "value must be empty when `operator` is 'Exists'",
    ),
    Wrong("a Job for ever", "Job", "train", {f"{_POD}/restartPolicy": "Always"}, '"OnFailure", "Never"'),
    Wrong("fewer pods than none", "Job", "train", {"spec/parallelism": -1}, "greater than or equal to 0"),
    Wrong(
        "indices without a number",
        "Job",
        "train",
        # With its policy the server panics (1.36.3: validateSuccessPolicyRule asks how many there are).
        {"spec/completions": GONE, "spec/successPolicy": GONE},
        "completions: Required value",
    ),
    Wrong(
        "failures of indices that are none",
        "Job",
        "train",
        {"spec/completionMode": "NonIndexed"},
        "requires indexed completion mode",
    ),
    Wrong(
        "a rule for a container that is not there",
        "Job",
        "train",
        {"spec/podFailurePolicy/rules/0/onExitCodes/containerName": "other"},
        "must be one of the container or initContainer names in the pod template",
    ),
    Wrong(
        "a success of more indices than there are",
        "Job",
        "train",
        {"spec/successPolicy/rules/0/succeededCount": 9},
        "must be less than or equal to 4",
    ),
    Wrong(
        "a seventh day of the week", "CronJob", "retrain", {"spec/schedule": "0 3 * * 7"}, "above maximum (6)"
    ),
    Wrong(
        "a time zone of no place",
        "CronJob",
        "retrain",
        {"spec/timeZone": "Mars/Olympus"},
        "unknown time zone",
    ),
    Wrong(
        "a scheduled Job for ever",
        "CronJob",
        "retrain",
        {"spec/jobTemplate/spec/template/spec/restartPolicy": "Always"},
        "spec.jobTemplate.spec.template.spec.restartPolicy",
    ),
    Wrong("a port beyond all", "Service", "triton", {"spec/ports/0/port": 70000}, "between 1 and 65535"),
    Wrong("one port twice", "Service", "triton", {"spec/ports/1/port": 8000}, "duplicate entries for key"),
    Wrong(
        "an address of no network",
        "Service",
        "triton",
        {"spec/clusterIP": "300.1.1.1"},
        "must be a valid IP address",
    ),
    Wrong(
        "more at least than at most",
        "HorizontalPodAutoscaler",
        "triton",
        {"spec/minReplicas": 9},
        "must be greater than or equal to `minReplicas`",
    ),
    Wrong(
        "a metric without a target",
        "HorizontalPodAutoscaler",
        "triton",
        {"spec/metrics/0/resource/target": {"type": "Utilization"}},
        "must set either a target raw value or a target utilization",
    ),
    Wrong(
        "two limits of a disruption",
        "PodDisruptionBudget",
        "triton",
        {"spec/minAvailable": 1},
        "minAvailable and maxUnavailable cannot be both set",
    ),
    Wrong(
        "a network beyond all networks",
        "NetworkPolicy",
        "allow-https",
        {"spec/egress/0/to/0/ipBlock/cidr": "10.0.0.0/33"},
        "10.0.0.0/33",
    ),
    Wrong(
        "a direction that is none",
        "NetworkPolicy",
        "deny-all",
        {"spec/policyTypes": ["Inbound"]},
        'Unsupported value: "Inbound"',
    ),
    Wrong(
        "less than no pods", "ResourceQuota", "quota", {"spec/hard/pods": "-1"}, "greater than or equal to 0"
    ),
    Wrong(
        "a default above the most",
        "LimitRange",
        "limits",
        {"spec/limits/0/max": {"memory": "512Mi"}},
        "default value 1Gi is greater than max value 512Mi",
    ),
    Wrong("a secret in clear", "Secret", "isthmus-keys", {"data": {"key": "plain!"}}, "illegal base64"),
    Wrong("a name with capitals", "ServiceAccount", "train", {"metadata/name": "Train"}, "RFC 1123 subdom"),
)
