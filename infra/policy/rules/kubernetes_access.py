"""Who may do what in a cluster, and what of it can be reached."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from infra.policy.inputs import at, false, given, items, text, texts, unseen
from infra.policy.references import cis_kubernetes, nsa
from infra.policy.rule import Rules
from infra.policy.stack import Stack
from infra.review.resource import Resource

RULES = Rules("Kubernetes")

_ROLES: Final = (
    "kubernetes:rbac.authorization.k8s.io/v1:Role",
    "kubernetes:rbac.authorization.k8s.io/v1:ClusterRole",
)
_BINDINGS: Final = (
    "kubernetes:rbac.authorization.k8s.io/v1:RoleBinding",
    "kubernetes:rbac.authorization.k8s.io/v1:ClusterRoleBinding",
)
_NAMESPACE: Final = "kubernetes:core/v1:Namespace"
_NETWORK_POLICY: Final = "kubernetes:networking.k8s.io/v1:NetworkPolicy"
_ANSWERING: Final = ("kubernetes:apps/v1:Deployment", "kubernetes:argoproj.io/v1alpha1:Rollout")
_READS: Final = frozenset({"get", "list", "watch", "*"})
_RAISES: Final = frozenset({"bind", "escalate", "impersonate"})


@RULES.of_resource(
    *_ROLES,
    name="k8s-rbac-no-wildcards",
    title="No role allows everything",
    reason="A kind that a chart adds tomorrow is allowed with it",
    remedy="name verbs, resources and API groups",
    severity="high",
    references=[cis_kubernetes("5.1.3"), nsa("Role-based access control")],
)
def rbac_no_wildcards(role: Resource) -> Iterator[str]:
    for rule in items(role.inputs, "rules"):
        wide = [key for key in ("verbs", "resources") if "*" in texts(rule, key)]
        if wide:
            yield f"allows all {' and all '.join(wide)}"


@RULES.of_resource(
    *_BINDINGS,
    name="k8s-rbac-no-cluster-admin",
    title="Nobody is bound to cluster-admin",
    reason="One token of theirs is the whole cluster, its Secrets included",
    remedy="bind a role that names what is needed; administrators have access entries",
    severity="high",
    references=[cis_kubernetes("5.1.1"), nsa("Role-based access control")],
)
def rbac_no_cluster_admin(binding: Resource) -> Iterator[str]:
    if text(binding.inputs, "roleRef", "name") == "cluster-admin":
        yield "makes somebody administrator of the cluster"


@RULES.of_resource(
    "kubernetes:rbac.authorization.k8s.io/v1:ClusterRole",
    name="k8s-rbac-no-secrets",
    title="No role reads the Secrets of every namespace",
    reason="The key of the pseudonyms is one of them",
    remedy="use a Role in the one namespace, and name the Secret by resourceNames",
    severity="high",
    references=[cis_kubernetes("5.1.2")],
)
def rbac_no_secrets(role: Resource) -> Iterator[str]:
    for rule in items(role.inputs, "rules"):
        if "secrets" in texts(rule, "resources") and _READS & {*texts(rule, "verbs")}:
            yield "reads the Secrets of every namespace"


@RULES.of_resource(
    *_ROLES,
    name="k8s-rbac-no-escalation",
    title="No role can give itself more rights, or act as somebody else",
    reason="bind, escalate and impersonate are cluster-admin by another name",
    remedy="leave these verbs out",
    severity="high",
    references=[cis_kubernetes("5.1.8")],
)
def rbac_no_escalation(role: Resource) -> Iterator[str]:
    for rule in items(role.inputs, "rules"):
        found = _RAISES & {*texts(rule, "verbs")}
        if found:
            yield f"may {' and '.join(sorted(found))}"


@RULES.of_resource(
    "kubernetes:core/v1:ServiceAccount",
    name="k8s-account-no-token",
    title="No service account hands its token to pods by itself",
    reason="A pod that forgets to say so would get it",
    remedy="set automountServiceAccountToken to false",
    severity="medium",
    references=[cis_kubernetes("5.1.6"), nsa("Protecting Pod service account tokens")],
)
def account_no_token(account: Resource) -> Iterator[str]:
    if not false(account.inputs, "automountServiceAccountToken"):
        yield "hands its token to every pod"


@RULES.of_resource(
    "kubernetes:core/v1:Service",
    name="k8s-service-inside",
    title="No Service can be reached from outside its cluster",
    reason="A load balancer of a Service is public where no annotation says otherwise, and a node's port "
    "is open to "
    "whoever reaches the node",
    remedy="use ClusterIP; what must be reached from outside is an exception with an owner",
    severity="high",
    references=[nsa("Network separation and hardening")],
)
def service_inside(service: Resource) -> Iterator[str]:
    kind = text(service.inputs, "spec", "type") or "ClusterIP"
    if kind in ("LoadBalancer", "NodePort"):
        yield f"can be reached from outside ({kind})"
    if given(service.inputs, "spec", "externalIPs"):
        yield "takes external addresses"


@RULES.of_resource(
    _NAMESPACE,
    name="k8s-namespace-restricted",
    title="Every namespace admits restricted pods only",
    reason="The rules on pods see what this program makes; the API server sees every pod",
    remedy="label it pod-security.kubernetes.io/enforce: restricted",
    severity="high",
    references=[cis_kubernetes("5.2.1"), nsa("Pod security enforcement")],
)
def namespace_restricted(namespace: Resource) -> Iterator[str]:
    level = at(namespace.inputs, "metadata", "labels", "pod-security.kubernetes.io/enforce")
    if level != "restricted" and not unseen(level):
        yield f"admits {level or 'every'} pods"


def within(stack: Stack, namespace: Resource, kind: str) -> Iterator[Resource]:
    """The objects of a kind in a namespace, of its cluster."""
    name = text(namespace.inputs, "metadata", "name")
    for each in stack.of_type(kind):
        own = text(each.inputs, "metadata", "namespace")
        if namespace.urn in each.depends.get("metadata", ()) or (
            own is not None and own == name and each.provider == namespace.provider
        ):
            yield each


def _denies_all(policy: Resource) -> bool:
    spec: Mapping[str, Any] = at(policy.inputs, "spec") or {}
    selector = at(spec, "podSelector") or {}
    return (
        not at(selector, "matchLabels")
        and not at(selector, "matchExpressions")
        and {*texts(spec, "policyTypes")} >= {"Ingress", "Egress"}
        and not items(spec, "ingress")
        and not items(spec, "egress")
    )


@RULES.of_stack(
    name="k8s-namespace-denies",
    title="In every namespace, what no policy allows is denied",
    reason="Without a policy every pod reaches every other, and the internet",
    remedy="add a NetworkPolicy for all pods with both types and no rule",
    severity="high",
    references=[cis_kubernetes("5.3.2"), nsa("Network policies")],
)
def namespace_denies(stack: Stack) -> Iterator[tuple[Resource, str]]:
    for namespace in stack.of_type(_NAMESPACE):
        if not any(map(_denies_all, within(stack, namespace, _NETWORK_POLICY))):
            yield namespace, "has no policy that denies what no other allows"


@RULES.of_resource(
    _NETWORK_POLICY,
    name="k8s-no-open-ingress",
    title="No network policy lets everyone in",
    reason="A rule without a peer allows the whole cluster, and what comes from outside it",
    remedy="name the pods, the namespaces or the networks that may come",
    severity="high",
    references=[nsa("Network policies")],
)
def no_open_ingress(policy: Resource) -> Iterator[str]:
    for rule in items(policy.inputs, "spec", "ingress"):
        peers = items(rule, "from")
        if not peers and not unseen(rule, "from"):
            yield "lets everyone in"
        for peer in peers:
            if text(peer, "ipBlock", "cidr") in ("0.0.0.0/0", "::/0"):
                yield "lets every address in"


@RULES.of_stack(
    name="k8s-namespace-bounded",
    title="Every namespace has a quota and default limits",
    reason="One mistaken number of replicas would fill the cluster, or scale it up to its most",
    remedy="give the namespace a ResourceQuota and a LimitRange",
    severity="medium",
    references=[nsa("Resource policies")],
)
def namespace_bounded(stack: Stack) -> Iterator[tuple[Resource, str]]:
    for namespace in stack.of_type(_NAMESPACE):
        absent = [
            kind
            for kind in ("ResourceQuota", "LimitRange")
            if not any(within(stack, namespace, f"kubernetes:core/v1:{kind}"))
        ]
        if absent:
            yield namespace, f"has no {' and no '.join(absent)}"


@RULES.of_stack(
    name="k8s-disruption-budget",
    title="What answers with more than one pod never loses all of them to a drain",
    reason="An upgrade of the nodes drains them one after the other, as fast as it is let",
    remedy="give the Deployment a PodDisruptionBudget",
    severity="low",
)
def disruption_budget(stack: Stack) -> Iterator[tuple[Resource, str]]:
    for deployment in stack.of_type(*_ANSWERING):
        replicas = at(deployment.inputs, "spec", "replicas")
        wanted = at(deployment.inputs, "spec", "selector", "matchLabels")
        scaled = replicas is None or (isinstance(replicas, int | float) and replicas > 1)
        covered = any(
            at(budget.inputs, "spec", "selector", "matchLabels") == wanted
            and budget.provider == deployment.provider
            for budget in stack.of_type("kubernetes:policy/v1:PodDisruptionBudget")
        )
        if scaled and wanted and not covered:
            yield deployment, "has no disruption budget"
