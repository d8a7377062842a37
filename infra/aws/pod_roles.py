"""A role for every kind of pod of the estate, on both sites."""

from __future__ import annotations

from collections.abc import Mapping

import pulumi

from infra.aws.access import RANKING, RETRAIN, SERVING, TRAINING, TRANSFER, TUNING, VALIDATION, Grant
from infra.aws.identity import Federation, PodRole, ServiceAccount, Stores

IN_AWS: Mapping[str, Grant] = {"training": TRAINING, "tuning": TUNING, "serving": SERVING}
"""Kinds of pod in the EKS cluster: they get their role by Pod Identity."""
IN_OPENSTACK: Mapping[str, Grant] = {
    "transfer": TRANSFER,
    "retrain": RETRAIN,
    "ranking": RANKING,
    "validation": VALIDATION,
    "serving": SERVING,
}
"""Kinds of pod in the private cluster: they get their role for a token that the cluster signed."""


class PodRoles(pulumi.ComponentResource):
    """Roles of the pods that the two clusters run; ``None`` for an issuer federates nobody."""

    federated: dict[str, pulumi.Output[str]]
    """ARNs of the private cluster's roles, by kind of pod."""

    def __init__(
        self,
        name: str,
        *,
        cluster_name: pulumi.Input[str],
        issuer: str | None,
        in_aws: Mapping[str, ServiceAccount],
        in_openstack: Mapping[str, ServiceAccount],
        stores: Stores,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("isthmus:aws:PodRoles", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        for kind, account in in_aws.items():
            PodRole(
                f"{name}-{kind}",
                cluster_name=cluster_name,
                account=account,
                grant=IN_AWS[kind],
                stores=stores,
                opts=child,
            )
        self.federated = {}
        if issuer is not None and in_openstack:
            self.federated = Federation(
                f"{name}-private",
                issuer=issuer,
                accounts={kind: (account, IN_OPENSTACK[kind]) for kind, account in in_openstack.items()},
                stores=stores,
                opts=child,
            ).role_arns
        self.register_outputs({"federated": self.federated})


__all__ = ["IN_AWS", "IN_OPENSTACK", "PodRoles"]
