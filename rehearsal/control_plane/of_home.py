"""Which control planes a rehearsal has: one folder for each cluster, named as the cluster."""

from __future__ import annotations

from rehearsal.control_plane.layout import ControlPlane
from rehearsal.home import Home


def control_plane(home: Home, cluster: str) -> ControlPlane:
    """The control plane of one cluster, whether it was ever started or not."""
    return ControlPlane(cluster, home.control_planes / cluster)


def control_planes(home: Home) -> list[ControlPlane]:
    """Those that were started and not cleared, by name; none of them need be running."""
    if not home.control_planes.is_dir():
        return []
    # The last that is written of what its clients need.
    found = sorted(home.control_planes.glob(f"*/{control_plane(home, '').kubeconfig.name}"))
    return [control_plane(home, kubeconfig.parent.name) for kubeconfig in found]
