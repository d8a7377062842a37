"""Jobs on Karpenter's nodes say that they are not to be moved."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final

import pulumi
import pulumi_kubernetes as k8s

from infra.cluster_platform.karpenter import UNDISTURBED
from isthmus.pod_parts import POOL_LABEL

_JOBS: Final = ("kubernetes:batch/v1:Job", "kubernetes:batch/v1:CronJob")


def undisturbed(pools: Collection[str]) -> pulumi.ResourceTransformation:
    """Let every Job below a component whose pods select one of these pools mark them so.

    A training that lost its node would begin again at its last checkpoint. Jobs of other pools stay as they
    are: a pod template that changes is another Job.
    """

    def mark(args: pulumi.ResourceTransformationArgs) -> pulumi.ResourceTransformationResult | None:
        if args.type_ not in _JOBS:
            return None
        spec: Any = args.props["spec"]
        if isinstance(spec, k8s.batch.v1.CronJobSpecArgs):
            template: Any = spec.job_template
            spec = template.spec
        pod: Any = spec.template
        selector: Any = pod.spec.node_selector
        if not isinstance(selector, Mapping) or selector.get(POOL_LABEL) not in pools:
            return None
        pod.metadata.annotations = {**(pod.metadata.annotations or {}), UNDISTURBED: "true"}
        return pulumi.ResourceTransformationResult(props=args.props, opts=args.opts)

    return mark


__all__ = ["undisturbed"]
