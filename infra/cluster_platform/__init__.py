"""What every cluster runs beside the estate's own pods: charts, add-ons, priorities."""

from infra.cluster_platform.component import Platform
from infra.cluster_platform.priorities import Priorities

__all__ = ["Platform", "Priorities"]
