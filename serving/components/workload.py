"""What keeps the servers: a Deployment, or a Rollout of Argo Rollouts in its place.

The Rollout has the servers' pods itself and refers to no Deployment (``workloadRef``): there, the engine and
Argo Rollouts would both write the Deployment's number of replicas, at each release anew. To go from one kind
to the other, an up makes the new one, waits until its servers answer, gives it to the autoscaler, and deletes
the other last; the Service, whose selector both fit, leads to both meanwhile.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import pulumi
import pulumi_kubernetes as k8s

from serving.components.canary import API, RELEASE_ANNOTATION, Canary, strategy
from serving.components.pod import NAME, PodSpec, pod_spec
from serving.server.ports import METRICS

PATCH_FORCE = "pulumi.com/patchForce"
"""Takes fields from whoever set them since: an autoscaler that is gone, or a person, would hold the number of
replicas against every release (pulumi/pulumi-kubernetes v4.32.0, provider/pkg/await/await.go, ``patchForce``
and ``handleSSAErr``; read 2026-11-27)."""
WAIT_FOR: Final = "pulumi.com/waitFor"
"""What the engine waits for with a kind that it does not know (pulumi/pulumi-kubernetes@9497796,
provider/pkg/metadata/overrides.go, ``ReadyCondition``; read 2026-11-28)."""
ANSWERS: Final = "condition=Available"
"""As many servers are available as are wanted, of whichever release: so an up waits for a Rollout that is new
and not for a canary, which may take hours (argoproj/argo-rollouts@b6bd3bc, rollout/sync.go,
``calculateRolloutConditions``; read 2026-11-28)."""
REVISIONS: Final = 3

meta = k8s.meta.v1


@dataclass(frozen=True)
class Workload:
    """What keeps the servers, and as whatever scales it names it."""

    resource: pulumi.CustomResource
    parent: pulumi.Resource
    api_version: str
    kind: str


def declare(
    name: str,
    *,
    namespace: pulumi.Input[str],
    labels: Mapping[str, str],
    selector: Mapping[str, str],
    spec: PodSpec,
    replicas: int | None,
    most: int,
    canary: Canary | None,
    opts: pulumi.ResourceOptions,
) -> Workload:
    """Declare it.

    Args:
        name: of the component that it belongs to.
        namespace: where it goes.
        labels: of itself and of its pods.
        selector: by which it knows its pods.
        spec: of its pods.
        replicas: how many; None where an autoscaler says so.
        most: replicas that there can be.
        canary: None makes a Deployment.
        opts: with the component as parent, and what must stand before.
    """
    wait = f"{spec.timing.start * most + 300}s"
    waiting = pulumi.ResourceOptions(
        # The autoscaler's own; nor is it given back where it stands, which would make it 1 until it looks.
        ignore_changes=["spec.replicas"] if replicas is None else None,
        # Else the engine gives up after ten minutes, whatever the deadline below (pulumi/
        # pulumi-kubernetes@9497796, provider/pkg/await/deployment.go, DefaultDeploymentTimeoutMins; read
        # 2026-11-28); a rollout brings one server after the other.
        custom_timeouts=pulumi.CustomTimeouts(create=wait, update=wait),
    )
    opts = pulumi.ResourceOptions.merge(opts, waiting)
    forced = {} if replicas is None else {PATCH_FORCE: "true"}
    template = k8s.core.v1.PodTemplateSpecArgs(
        metadata=meta.ObjectMetaArgs(
            labels=dict(labels),
            annotations={
                RELEASE_ANNOTATION: spec.release,
                "prometheus.io/scrape": "true",
                "prometheus.io/port": str(METRICS),
            },
        ),
        spec=pod_spec(spec, dict(selector)),
    )
    deadline = spec.timing.start + 300
    parent = opts.parent
    assert parent is not None  # noqa: S101 - a component's child
    if canary is None:
        deployment = k8s.apps.v1.Deployment(
            name,
            metadata=meta.ObjectMetaArgs(
                name=NAME, namespace=namespace, labels=dict(labels), annotations=forced or None
            ),
            spec=k8s.apps.v1.DeploymentSpecArgs(
                # None: the autoscaler brings the first pod to its fewest (kubernetes.io/docs/concepts/
                # workloads/autoscaling/horizontal-pod-autoscale, "spec.replicas"; read 2026-11-27).
                replicas=replicas,
                selector=meta.LabelSelectorArgs(match_labels=dict(selector)),
                # A release that does not become ready must not take away the one that answers.
                strategy=k8s.apps.v1.DeploymentStrategyArgs(
                    type="RollingUpdate",
                    rolling_update=k8s.apps.v1.RollingUpdateDeploymentArgs(max_surge=1, max_unavailable=0),
                ),
                revision_history_limit=REVISIONS,
                progress_deadline_seconds=deadline,
                template=template,
            ),
            opts=opts,
        )
        return Workload(deployment, parent, "apps/v1", "Deployment")
    rollout: dict[str, Any] = {
        "selector": {"matchLabels": dict(selector)},
        "revisionHistoryLimit": REVISIONS,
        "progressDeadlineSeconds": deadline,
        # A release that never becomes ready goes back as well as one that answers wrongly.
        "progressDeadlineAbort": True,
        "strategy": strategy(canary),
        "template": template,
    }
    if replicas is not None:
        rollout["replicas"] = replicas
    made = k8s.apiextensions.CustomResource(
        f"{name}-rollout",
        api_version=API,
        kind="Rollout",
        metadata=meta.ObjectMetaArgs(
            name=NAME,
            namespace=namespace,
            labels=dict(labels),
            annotations={**forced, WAIT_FOR: ANSWERS, RELEASE_ANNOTATION: spec.release},
        ),
        spec=rollout,
        opts=opts,
    )
    return Workload(made, parent, API, "Rollout")


__all__ = ["ANSWERS", "PATCH_FORCE", "WAIT_FOR", "Workload", "declare"]
