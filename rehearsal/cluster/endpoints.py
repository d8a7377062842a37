"""Who answers for a Service: its ready pods, as an EndpointSlice would list them."""

from __future__ import annotations

from typing import Any

from rehearsal.cluster.record import Cluster
from rehearsal.home import Home


def addresses(home: Home, cluster: str, namespace: str, service: str) -> list[tuple[str, dict[str, int]]]:
    """``(address, {port name: port})`` of each ready pod of a Service, oldest pod first.

    Ports are the pods' own (``targetPort``); a port without a name goes by its number. Empty where there
    is no such Service, cluster or ready pod.
    """
    return ready_endpoints(Cluster(home, cluster), namespace, service)


def of_sites(home: Home, site: str | None, namespace: str, service: str, port: str) -> list[str]:
    """``IP:PORT`` of the ready pods of a Service in the clusters of one site, or of all."""
    return [
        f"{ip}:{ports[port]}"
        for cluster in clusters_of(home, site)
        for ip, ports in addresses(home, cluster, namespace, service)
    ]


def clusters_of(home: Home, site: str | None = None) -> list[str]:
    """Names of the clusters of one site, or of all."""
    names = sorted(path.name for path in home.clusters.glob("*") if path.is_dir())
    return [name for name in names if site is None or name.endswith(f"-{site}")]


def ready_endpoints(cluster: Cluster, namespace: str, service: str) -> list[tuple[str, dict[str, int]]]:
    found = cluster.get("Service", service, namespace)
    selector = (found or {}).get("spec", {}).get("selector")
    if not found or not selector:
        return []
    pods = [pod for pod in cluster.list("Pod", namespace) if selects(selector, pod) and is_ready(pod)]
    pods.sort(key=lambda pod: (pod["metadata"]["creationTimestamp"], pod["metadata"]["name"]))
    return [(pod["status"]["podIP"], _ports(found["spec"].get("ports", ()), pod)) for pod in pods]


def selects(selector: dict[str, str], object: dict[str, Any]) -> bool:
    """Whether all of a selector's labels are on an object."""
    labels = object["metadata"].get("labels", {})
    return all(labels.get(key) == value for key, value in selector.items())


def is_ready(pod: dict[str, Any]) -> bool:
    """Whether a pod is to be sent requests: ready, and not on its way out."""
    conditions = pod.get("status", {}).get("conditions", ())
    ready = any(condition["type"] == "Ready" and condition["status"] == "True" for condition in conditions)
    return ready and "deletionTimestamp" not in pod["metadata"]


def with_sidecars(spec: dict[str, Any]) -> list[dict[str, Any]]:
    """The containers that run together: those of the pod, and the init containers that never end."""
    beside = [
        container
        for container in spec.get("initContainers", ())
        if container.get("restartPolicy") == "Always"
    ]
    return [*spec["containers"], *beside]


def named_port(port: int | str, containers: list[dict[str, Any]]) -> int | None:
    """The number of a container port given by number or name."""
    if isinstance(port, int) or str(port).isdigit():
        return int(port)
    named = (p for c in containers for p in c.get("ports", ()) if p.get("name") == port)
    return next((int(p["containerPort"]) for p in named), None)


def _ports(ports: list[dict[str, Any]], pod: dict[str, Any]) -> dict[str, int]:
    found = {}
    for port in ports:
        number = named_port(port.get("targetPort", port["port"]), with_sidecars(pod["spec"]))
        if number is not None:
            found[port.get("name") or str(port["port"])] = number
    return found


__all__ = ["addresses", "is_ready", "named_port", "ready_endpoints", "selects", "with_sidecars"]
