"""Which control planes a rehearsal has: one folder for each cluster, named as the cluster."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from rehearsal.control_plane.layout import ControlPlane
from rehearsal.engine.files import write_text
from rehearsal.home import Home


def control_plane(home: Home, cluster: str) -> ControlPlane:
    """The control plane of one cluster, whether it was ever started or not."""
    issuer = _issuer(home, cluster)
    plane = ControlPlane(
        cluster, home.control_planes / cluster, issuer=issuer.read_text() if issuer.is_file() else ""
    )
    for said in (plane.kept_service_cidr, _wished(home, cluster)):
        if said.is_file():
            return replace(plane, service_cidr=said.read_text())
    return plane


def wish(home: Home, cluster: str, service_cidr: str) -> bool:
    """Let a cluster's next control plane have these addresses for Services; whether it has others now."""
    home.control_planes.mkdir(parents=True, exist_ok=True)
    write_text(_wished(home, cluster), service_cidr)
    return control_plane(home, cluster).service_cidr != service_cidr


def sign_as(home: Home, cluster: str, issuer: str) -> bool:
    """Let a cluster's control plane sign its tokens as this issuer; whether it did otherwise."""
    if control_plane(home, cluster).issuer == issuer:
        return False
    home.control_planes.mkdir(parents=True, exist_ok=True)
    write_text(_issuer(home, cluster), issuer)
    return True


def _issuer(home: Home, cluster: str) -> Path:
    return home.control_planes / f".{cluster}.issuer"


def _wished(home: Home, cluster: str) -> Path:
    return home.control_planes / f".{cluster}.service_cidr"


def control_planes(home: Home) -> list[ControlPlane]:
    """Those that were started and not cleared, by name; none of them need be running."""
    if not home.control_planes.is_dir():
        return []
    # The last that is written of what its clients need.
    found = sorted(home.control_planes.glob(f"*/{control_plane(home, '').kubeconfig.name}"))
    return [control_plane(home, kubeconfig.parent.name) for kubeconfig in found]
