"""What a site's cluster offers to what runs in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pulumi
import pulumi_kubernetes as k8s

from infra.gpu_pool import GpuPoolSpec
from infra.in_cluster.namespaces import Namespaces
from infra.settings.catalogue import Machine


@dataclass(frozen=True)
class ClusterContext:
    """One cluster, ready to run pods: its provider, namespaces, pools and the roles its pods get."""

    cluster: k8s.Provider
    namespaces: Namespaces
    pools: Mapping[str, GpuPoolSpec]
    machines: Mapping[str, Machine]
    roles: Mapping[str, pulumi.Input[str]]
    """Roles that pods ask for with their token, by service account; none where the cluster hands them out."""
    endpoints: Mapping[str, pulumi.Input[str]]
    """Other addresses of AWS's services, by the variable that its libraries read."""
    goes_with: pulumi.ResourceTransformation
    """Lets what runs here be replaced with the cluster."""
    marks: tuple[pulumi.ResourceTransformation, ...] = ()
    """What else is done to every object that runs here."""
    after: tuple[pulumi.Resource, ...] = ()
    """What must stand before the first pod: roles, keys, nodes."""
    charts: Mapping[str, pulumi.Resource] = field(default_factory=dict)
    """What the cluster runs beside, by the chart's name: objects of its kinds come after it."""

    def gpus(self, pool: str | None) -> int:
        """GPUs that a pod takes on a pool: all of one node, so that none is wasted; 0 without a pool."""
        return self.machines[self.pools[pool].hardware].gpus if pool else 0

    @property
    def options(self) -> pulumi.ResourceOptions:
        """For a component that runs here."""
        return pulumi.ResourceOptions(
            provider=self.cluster, depends_on=list(self.after), transformations=[self.goes_with, *self.marks]
        )


__all__ = ["ClusterContext"]
