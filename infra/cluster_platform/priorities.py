"""Which pods go first where nodes are short: serving before training."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import pulumi
import pulumi_kubernetes as k8s

from isthmus.pod_parts import SERVING_PRIORITY, TRAINING_PRIORITY

CLASSES: Final[Mapping[str, tuple[int, str, str]]] = {
    SERVING_PRIORITY: (100_000, "PreemptLowerPriority", "Pods that answer; they take the place of training"),
    # A training waits for a node rather than end another one, whose work since its checkpoint would be lost.
    TRAINING_PRIORITY: (1_000, "Never", "Jobs of the pipeline; they wait until there is room"),
}
"""Value, what is done to pods of lower priority, and what a class is for."""


class Priorities(pulumi.ComponentResource):
    """The priority classes of one cluster. A pod that names one which is not there is refused."""

    def __init__(
        self, name: str, *, labels: Mapping[str, str], opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("isthmus:platform:Priorities", name, None, opts)
        for each, (value, preemption, description) in CLASSES.items():
            k8s.scheduling.v1.PriorityClass(
                f"{name}-{each.removeprefix('isthmus-')}",
                metadata=k8s.meta.v1.ObjectMetaArgs(name=each, labels=dict(labels)),
                value=value,
                preemption_policy=preemption,
                description=description,
                # Its value is fixed, and two of one name cannot stand side by side.
                opts=pulumi.ResourceOptions(
                    parent=self, delete_before_replace=True, replace_on_changes=["value", "preemptionPolicy"]
                ),
            )
        self.register_outputs({})


__all__ = ["CLASSES", "Priorities"]
