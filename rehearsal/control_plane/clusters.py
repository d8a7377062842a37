"""The control planes of a rehearsal's clusters: each is made, and ends, with the cluster that a cloud names.

``isthmus up`` starts those that its settings name before the engine; a cluster that is created then finds its
own at work, and holds it until it is deleted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from isthmus.atomic_files import atomic_write
from rehearsal.control_plane import provide, running
from rehearsal.control_plane.certificates import ADMIN
from rehearsal.control_plane.errors import ControlPlaneError
from rehearsal.control_plane.of_home import control_plane, sign_as, wish
from rehearsal.control_plane.provide import Binaries
from rehearsal.home import Home


@dataclass(frozen=True)
class Access:
    """What a cloud tells of a cluster: where its API server is, whose signature to trust, a way in."""

    server: str
    authority: bytes
    certificate: bytes
    key: bytes


def access(home: Home, cluster: str) -> Access | None:
    """Of a cluster whose control plane was started; None elsewhere."""
    plane = control_plane(home, cluster)
    keys = plane.keys
    admin = keys.client(ADMIN[0])
    if not (plane.folder / "port").exists() or not admin.exists():
        return None
    authority = keys.authority.certificate.read_bytes()
    return Access(running.url(plane), authority, admin.certificate.read_bytes(), admin.key.read_bytes())


def begin(home: Home, cluster: str, service_cidr: str = "") -> None:
    """Let a new cluster have a control plane with nothing in it. Raises ControlPlaneError.

    ``service_cidr`` "": as it was wished last.
    """
    other = bool(service_cidr) and wish(home, cluster, service_cidr)
    if other or control_plane(home, cluster).held.exists():
        end(home, cluster)
    plane = control_plane(home, cluster)
    running.start([plane], _binaries())
    atomic_write(plane.held, b"")


def end(home: Home, cluster: str) -> None:
    """Let a cluster that is deleted take its control plane along, with all that it held."""
    plane = control_plane(home, cluster)
    running.stop([plane])
    plane.clear()


def start(
    home: Home,
    clusters: Iterable[str],
    service_cidrs: Mapping[str, str] | None = None,
    issuers: Mapping[str, str] | None = None,
) -> None:
    """Have the control planes of these clusters ready, also of those that the next up will make.

    ``service_cidrs``: for those that it makes. ``issuers``: who signs their tokens; operators may change it.
    Raises ControlPlaneError.
    """
    for cluster, issuer in (issuers or {}).items():
        if sign_as(home, cluster, issuer):
            running.stop([control_plane(home, cluster)])
    for cluster, service_cidr in (service_cidrs or {}).items():
        if wish(home, cluster, service_cidr) and not control_plane(home, cluster).held.exists():
            end(home, cluster)
    running.start([control_plane(home, cluster) for cluster in clusters], _binaries())


def will_sign(home: Home, issuers: Mapping[str, str]) -> None:
    """Who signs the tokens of the clusters that are still to be made: plain pulumi begins them one by one."""
    for cluster, issuer in issuers.items():
        if not control_plane(home, cluster).held.exists():
            sign_as(home, cluster, issuer)


def _binaries() -> Binaries:
    found = provide.cached()
    if found is None:
        raise ControlPlaneError("No control plane is in this user's cache: run `isthmus doctor --fix`.")
    return found


__all__ = ["Access", "access", "begin", "end", "start", "will_sign"]
