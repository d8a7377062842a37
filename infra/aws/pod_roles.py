"""A role for every kind of pod of the estate, on both sites."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pulumi

from infra.aws.identity import Federation, PodRole, Stores

if TYPE_CHECKING:
    from infra.workloads import Workload


class PodRoles(pulumi.ComponentResource):
    """Roles of the pods that the two clusters run; ``None`` for an issuer federates nobody.

    Pods of the EKS cluster get theirs by Pod Identity, pods of the OpenStack cluster for a token that the
    cluster signed.
    """

    federated: dict[str, pulumi.Output[str]]
    """ARNs of the OpenStack cluster's roles, by kind of pod."""

    def __init__(
        self,
        name: str,
        *,
        cluster_name: pulumi.Input[str],
        issuer: str | None,
        in_aws: Sequence[Workload],
        in_openstack: Sequence[Workload],
        stores: Stores,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("isthmus:aws:PodRoles", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        for workload in in_aws:
            PodRole(
                f"{name}-{workload.kind}",
                cluster_name=cluster_name,
                account=workload.account,
                grant=workload.grant,
                stores=stores,
                opts=child,
            )
        self.federated = {}
        if issuer is not None and in_openstack:
            self.federated = Federation(
                f"{name}-private",
                issuer=issuer,
                accounts={workload.kind: (workload.account, workload.grant) for workload in in_openstack},
                stores=stores,
                opts=child,
            ).role_arns
        self.register_outputs({"federated": self.federated})


__all__ = ["PodRoles"]
