"""A canary of Argo Rollouts: its strategy, what judges it, and the comparison of its answers.

Argo Rollouts 1.9.1, its docs and sources (argoproj/argo-rollouts@b6bd3bc; read 2026-11-28).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_kubernetes as k8s

from isthmus.pod_parts import SERVING_PRIORITY, container_security, pod_security, resources, variable
from serving.components.network import COMPARISON, comparison_rules
from serving.components.pod import NAME, USER, PodSpec, store_variables, token_parts
from serving.monitoring.canary import CANARY, EVERY, MORE_THAN_ONCE, STABLE, measures
from serving.server.ports import GRPC

API = "argoproj.io/v1alpha1"
STABLE_SERVICE, CANARY_SERVICE = f"{NAME}-stable", f"{NAME}-canary"
MEASURED, COMPARED = f"{NAME}-measured", f"{NAME}-compared"
RELEASE_ANNOTATION = "isthmus.dev/release"
_COMPARISON_SECONDS = 900
_PARTS_OF = {"app.kubernetes.io/name": f"{NAME}-comparison", **COMPARISON}
"""Not Triton's own name, by which its Service would take the pod for a server."""

meta, core, net = k8s.meta.v1, k8s.core.v1, k8s.networking.v1


@dataclass(frozen=True, kw_only=True)
class Canary:
    """How a release becomes the stable one; the estate's settings say what each value is for."""

    steps: Sequence[tuple[int, int]]
    """Percent of the servers, and the seconds before the next step."""
    most_failed: float
    most_p99_ms: float
    least_overlap: float
    customers: int
    prometheus_url: str
    """Of the cluster's own Prometheus."""
    after: Sequence[pulumi.Resource] = ()
    """The charts of Argo Rollouts and Prometheus: their kinds come before such objects, and go after them."""


def strategy(canary: Canary) -> dict[str, Any]:
    """``spec.strategy`` of the Rollout."""
    first, *later = canary.steps

    def step(weight: int, seconds: int) -> list[dict[str, Any]]:
        return [{"setWeight": weight}, {"pause": {"duration": f"{seconds}s"}}]

    weight, pause = step(*first)
    return {
        "canary": {
            # As the Deployment's: a release that does not become ready takes nothing away.
            "maxSurge": 1,
            "maxUnavailable": 0,
            "stableService": STABLE_SERVICE,
            "canaryService": CANARY_SERVICE,
            # From the first server on, so that one which never becomes ready is judged by its restarts.
            "analysis": {
                "templates": [{"templateName": MEASURED}],
                "args": [
                    {"name": "canary", "valueFrom": {"podTemplateHashValue": "Latest"}},
                    {"name": "stable", "valueFrom": {"podTemplateHashValue": "Stable"}},
                ],
            },
            "steps": [
                weight,
                {
                    "analysis": {
                        "templates": [{"templateName": COMPARED}],
                        "args": [
                            {
                                "name": "release",
                                "valueFrom": {
                                    "fieldRef": {"fieldPath": f"metadata.annotations['{RELEASE_ANNOTATION}']"}
                                },
                            }
                        ],
                    }
                },
                pause,
                *(each for one in later for each in step(*one)),
            ],
        }
    }


def what_judges(
    name: str,
    canary: Canary,
    *,
    namespace: pulumi.Input[str],
    selector: Mapping[str, str],
    labels: Mapping[str, str],
    spec: PodSpec,
    opts: pulumi.ResourceOptions,
) -> list[pulumi.Resource]:
    """Declare what a Rollout with ``strategy`` refers to: it must stand before.

    Args:
        name: of the component that it belongs to.
        canary: its limits.
        namespace: of the servers.
        selector: labels of the servers.
        labels: of every object.
        spec: of the servers' pods, whose way to the releases the comparison takes too.
        opts: with the component as parent.
    """

    def metadata(called: str) -> k8s.meta.v1.ObjectMetaArgs:
        return meta.ObjectMetaArgs(name=called, namespace=namespace, labels=dict(labels))

    # Argo Rollouts adds the hash of a release's pods to these selectors, and they stay as it has them.
    services = pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(ignore_changes=["spec.selector"]))
    made: list[pulumi.Resource] = [
        core.Service(
            f"{name}-{called}",
            metadata=metadata(called),
            spec=core.ServiceSpecArgs(
                type="ClusterIP",
                selector=dict(selector),
                ports=[
                    core.ServicePortArgs(
                        name="grpc", port=GRPC, target_port="grpc", app_protocol="kubernetes.io/h2c"
                    )
                ],
            ),
            opts=services,
        )
        for called in (STABLE_SERVICE, CANARY_SERVICE)
    ]
    incoming, outgoing = comparison_rules(selector)
    made.append(
        net.NetworkPolicy(
            f"{name}-comparison-in",
            metadata=metadata(f"{NAME}-from-comparison"),
            spec=net.NetworkPolicySpecArgs(
                pod_selector=meta.LabelSelectorArgs(match_labels=dict(selector)),
                policy_types=["Ingress"],
                ingress=[incoming],
            ),
            opts=opts,
        )
    )
    made.append(
        net.NetworkPolicy(
            f"{name}-comparison-out",
            metadata=metadata(f"{NAME}-comparison"),
            spec=net.NetworkPolicySpecArgs(
                pod_selector=meta.LabelSelectorArgs(match_labels=dict(COMPARISON)),
                policy_types=["Egress"],
                egress=[outgoing],
            ),
            opts=opts,
        )
    )
    templates = {MEASURED: _measured(canary, namespace), COMPARED: _compared(canary, spec, labels)}
    for called, template in templates.items():
        made.append(
            k8s.apiextensions.CustomResource(
                f"{name}-{called.removeprefix(f'{NAME}-')}",
                api_version=API,
                kind="AnalysisTemplate",
                metadata=metadata(called),
                spec=template,
                opts=opts,
            )
        )
    return made


def _measured(canary: Canary, namespace: pulumi.Input[str]) -> dict[str, Any]:
    limits = measures(
        "{{args.namespace}}", NAME, most_failed=canary.most_failed, most_p99_ms=canary.most_p99_ms
    )
    return {
        "args": [{"name": "canary"}, {"name": "stable"}, {"name": "namespace", "value": namespace}],
        "metrics": [
            {
                "name": each.name,
                "interval": EVERY,
                "successCondition": each.holds,
                "failureLimit": MORE_THAN_ONCE,
                "provider": {"prometheus": {"address": canary.prometheus_url, "query": each.query}},
            }
            for each in limits
        ],
    }


def _compared(canary: Canary, spec: PodSpec, labels: Mapping[str, str]) -> dict[str, Any]:
    labelled = {**labels, **_PARTS_OF}
    variables, mounts, volumes = token_parts(spec)
    container = core.ContainerArgs(
        name="compare",
        image=spec.serving_image,
        command=["python", "-m", "serving.compare"],
        env=[
            variable("STABLE", f"grpc://{STABLE_SERVICE}:{GRPC}"),
            variable("CANARY", f"grpc://{CANARY_SERVICE}:{GRPC}"),
            *store_variables(spec),
            variable("RELEASE", "{{args.release}}"),
            variable("LEAST_OVERLAP", f"{canary.least_overlap:g}"),
            variable("CUSTOMERS", str(canary.customers)),
            *variables,
        ],
        volume_mounts=[core.VolumeMountArgs(name="tmp", mount_path="/tmp"), *mounts],  # noqa: S108
        resources=resources("250m", "512Mi", spec.resources.memory_limit),
        security_context=container_security(),
    )
    pod = core.PodSpecArgs(
        service_account_name=NAME,
        automount_service_account_token=False,
        enable_service_links=False,
        restart_policy="Never",
        priority_class_name=SERVING_PRIORITY,
        security_context=pod_security(USER),
        containers=[container],
        volumes=[
            core.VolumeArgs(
                name="tmp", empty_dir=core.EmptyDirVolumeSourceArgs(size_limit=spec.resources.release)
            ),
            *volumes,
        ],
    )
    job = {
        # What fails by itself may do so once; a canary that differs is told twice.
        "backoffLimit": 1,
        "activeDeadlineSeconds": _COMPARISON_SECONDS,
        "template": {"metadata": {"labels": labelled}, "spec": pod},
    }
    return {
        "args": [{"name": "release"}],
        "metrics": [
            {"name": "overlap", "provider": {"job": {"metadata": {"labels": labelled}, "spec": job}}}
        ],
    }


__all__ = ["API", "CANARY", "RELEASE_ANNOTATION", "STABLE", "Canary", "strategy", "what_judges"]
