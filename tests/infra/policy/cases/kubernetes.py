"""Objects of a cluster."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from infra.review.resource import Resource
from tests.infra.policy.cases.made import Case, made

DEPLOYMENT = "kubernetes:apps/v1:Deployment"
CRON_JOB = "kubernetes:batch/v1:CronJob"
ROLE = "kubernetes:rbac.authorization.k8s.io/v1:ClusterRole"
SERVICE = "kubernetes:core/v1:Service"
NAMESPACE = "kubernetes:core/v1:Namespace"
RELEASE = "kubernetes:helm.sh/v3:Release"
POLICY = "kubernetes:networking.k8s.io/v1:NetworkPolicy"

CONTAINER: Mapping[str, Any] = {
    "name": "main",
    "image": "registry.example/app:1.2",
    "securityContext": {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "runAsNonRoot": True,
        "capabilities": {"drop": ["ALL"]},
        "seccompProfile": {"type": "RuntimeDefault"},
    },
    "resources": {"requests": {"cpu": "1", "memory": "1Gi"}, "limits": {"memory": "1Gi"}},
    "readinessProbe": {"httpGet": {}},
    "livenessProbe": {"httpGet": {}},
}
POD: Mapping[str, Any] = {
    "serviceAccountName": "app",
    "automountServiceAccountToken": False,
    "containers": [CONTAINER],
}


def deployment(pod: Mapping[str, Any] = POD, **spec: Any) -> Resource:
    """A Deployment of pods in the namespace ``app``."""
    template = {"metadata": {"labels": {"app": "app"}}, "spec": {**POD, **pod}}
    return made(DEPLOYMENT, metadata={"name": "app", "namespace": "app"}, spec={"template": template, **spec})


def cron(pod: Mapping[str, Any] = POD, **spec: Any) -> Resource:
    """A CronJob of such pods: its template stands deeper."""
    job = {"template": {"spec": {**POD, **pod}}, **spec}
    return made(CRON_JOB, metadata={"name": "app", "namespace": "app"}, spec={"jobTemplate": {"spec": job}})


def container(**changed: Any) -> Mapping[str, Any]:
    """A pod whose container says something else, or nothing where the value is None."""
    merged = {key: value for key, value in {**CONTAINER, **changed}.items() if value is not None}
    return {"containers": [merged]}


def context(**changed: Any) -> Mapping[str, Any]:
    """A pod whose container has another security context."""
    return container(securityContext={**CONTAINER["securityContext"], **changed})


def inside(kind: str, name: str = "one", **spec: Any) -> Resource:
    """An object in the namespace ``app``."""
    return made(kind, name, metadata={"name": name, "namespace": "app"}, spec=spec)


def role(verbs: list[str], resources: list[str]) -> Resource:
    return made(ROLE, rules=[{"apiGroups": [""], "verbs": verbs, "resources": resources}])


def namespace(**labels: str) -> Resource:
    return made(NAMESPACE, metadata={"name": "app", "labels": labels})


GOOD = [deployment(), cron(activeDeadlineSeconds=60)]
ENFORCE = "pod-security.kubernetes.io/enforce"
OWNED = {f"isthmus.dev/{tag}": "x" for tag in ("project", "environment", "owner")}

CASES = {
    "k8s-no-privileged": Case(GOOD, [deployment(context(privileged=True))]),
    "k8s-no-host-namespaces": Case(GOOD, [cron({"hostNetwork": True})]),
    "k8s-no-privilege-escalation": Case(GOOD, [deployment(context(allowPrivilegeEscalation=True))]),
    "k8s-non-root": Case(
        [*GOOD[1:], deployment({**context(runAsNonRoot=None), "securityContext": {"runAsNonRoot": True}})],
        [deployment({"initContainers": [{"name": "first"}]})],
    ),
    "k8s-drops-capabilities": Case(
        GOOD, [deployment(context(capabilities={"drop": ["ALL"], "add": ["SYS_ADMIN"]}))]
    ),
    "k8s-no-host-path": Case(
        [deployment({"volumes": [{"emptyDir": {}}]})],
        [deployment({"volumes": [{"hostPath": {"path": "/var/run"}}]})],
    ),
    "k8s-no-host-port": Case(
        [deployment(container(ports=[{"containerPort": 80}]))],
        [deployment(container(ports=[{"containerPort": 80, "hostPort": 80}]))],
    ),
    "k8s-seccomp": Case(GOOD, [deployment(context(seccompProfile={"type": "Unconfined"}))]),
    "k8s-read-only-root": Case(GOOD, [deployment(context(readOnlyRootFilesystem=False))]),
    "k8s-no-token": Case(GOOD, [deployment({"automountServiceAccountToken": None})]),
    "k8s-own-account": Case(GOOD, [deployment({"serviceAccountName": "default"})]),
    "k8s-requests": Case(GOOD, [deployment(container(resources={"requests": {"cpu": "1"}}))]),
    "k8s-memory-limit": Case(GOOD, [deployment(container(resources={"limits": {"cpu": "1"}}))]),
    "k8s-image-pinned": Case(
        [*GOOD[1:], deployment(container(image=f"registry.example:5000/app@sha256:{'a' * 64}"))],
        [deployment(container(image="registry.example:5000/app"))],
    ),
    "k8s-chart-pinned": Case(
        [made(RELEASE, chart="keda", version="v2.20.2-rc.1")],
        [made(RELEASE, chart="keda", version="2.x")],
    ),
    "k8s-no-secret-in-env": Case(
        [
            deployment(
                container(
                    env=[
                        {"name": "AWS_WEB_IDENTITY_TOKEN_FILE", "value": "/t"},
                        {"name": "PSEUDONYM_KEY", "valueFrom": {"secretKeyRef": {}}},
                    ]
                )
            )
        ],
        [deployment(container(env=[{"name": "DB_PASSWORD", "value": "hunter2"}]))],
    ),
    "k8s-probes": Case(GOOD, [deployment(container(livenessProbe=None))]),
    "k8s-job-ends": Case([cron(activeDeadlineSeconds=60)], [cron()]),
    "k8s-not-in-default": Case(GOOD, [made(DEPLOYMENT, metadata={"name": "app"})]),
    "k8s-rbac-no-wildcards": Case([role(["get"], ["pods"])], [role(["*"], ["pods"])]),
    "k8s-rbac-no-cluster-admin": Case(
        [made("kubernetes:rbac.authorization.k8s.io/v1:RoleBinding", roleRef={"name": "view"})],
        [
            made(
                "kubernetes:rbac.authorization.k8s.io/v1:ClusterRoleBinding",
                roleRef={"name": "cluster-admin"},
            )
        ],
    ),
    "k8s-rbac-no-secrets": Case([role(["get"], ["configmaps"])], [role(["list"], ["pods", "secrets"])]),
    "k8s-rbac-no-escalation": Case([role(["get"], ["roles"])], [role(["bind"], ["clusterroles"])]),
    "k8s-account-no-token": Case(
        [made("kubernetes:core/v1:ServiceAccount", automountServiceAccountToken=False)],
        [made("kubernetes:core/v1:ServiceAccount")],
    ),
    "k8s-service-inside": Case([made(SERVICE, spec={})], [made(SERVICE, spec={"type": "LoadBalancer"})]),
    "k8s-namespace-restricted": Case(
        [namespace(**{ENFORCE: "restricted"})], [namespace(**{ENFORCE: "baseline"})]
    ),
    "k8s-namespace-denies": Case(
        [namespace(), inside(POLICY, podSelector={}, policyTypes=["Ingress", "Egress"])],
        [namespace(), inside(POLICY, podSelector={}, policyTypes=["Ingress"])],
    ),
    "k8s-no-open-ingress": Case(
        [inside(POLICY, "it", ingress=[{"from": [{"podSelector": {}}]}])],
        [inside(POLICY, "it", ingress=[{"ports": [{"port": 80}]}])],
    ),
    "k8s-namespace-bounded": Case(
        [namespace(), inside("kubernetes:core/v1:ResourceQuota"), inside("kubernetes:core/v1:LimitRange")],
        [namespace(), inside("kubernetes:core/v1:ResourceQuota")],
    ),
    "k8s-disruption-budget": Case(
        [
            deployment(replicas=2, selector={"matchLabels": {"app": "app"}}),
            inside("kubernetes:policy/v1:PodDisruptionBudget", selector={"matchLabels": {"app": "app"}}),
        ],
        [deployment(replicas=2, selector={"matchLabels": {"app": "app"}})],
    ),
    "finops-namespace-labels": Case([namespace(**OWNED)], [namespace(owner="me")]),
}
