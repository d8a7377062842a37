"""The clusters of a home."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rehearsal.home import Home

if TYPE_CHECKING:
    from rehearsal.cluster.cluster import Cluster, Endpoints


def clusters(home: Home) -> list[Cluster]:
    """Every cluster of a home whose API server answers."""
    if not home.control_planes.is_dir():
        return []
    # Here, since a client of an API server takes a command its time to load.
    from rehearsal.cluster.cluster import answering

    return answering(home)


def clusters_of(home: Home, site: str | None = None) -> list[Cluster]:
    """The clusters of one site, or of all."""
    return [one for one in clusters(home) if site is None or one.name.endswith(f"-{site}")]


def ready_endpoints(home: Home, cluster: str, namespace: str, service: str) -> Endpoints:
    """``(address, {port name: port})`` of each ready pod of a Service, oldest pod first.

    Ports are the pods' own (``targetPort``); a port without a name goes by its number. Empty where there
    is no such Service, cluster or ready pod.
    """
    return [
        endpoint
        for one in clusters(home)
        if one.name == cluster
        for endpoint in one.ready_endpoints(namespace, service)
    ]


def of_sites(home: Home, site: str | None, namespace: str, service: str, port: str) -> list[str]:
    """``IP:PORT`` of the ready pods of a Service in the clusters of one site, or of all."""
    return [
        f"{ip}:{ports[port]}"
        for cluster in clusters_of(home, site)
        for ip, ports in cluster.ready_endpoints(namespace, service)
    ]
