"""Who answers for a Service: its ready pods, as an EndpointSlice would list them."""

from __future__ import annotations

from typing import Any

from rehearsal.cluster.any_cluster import AnyCluster, Endpoints


def ready_endpoints(cluster: AnyCluster, namespace: str, service: str) -> Endpoints:
    """What the controller of EndpointSlices would find, oldest pod first."""
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


__all__ = ["is_ready", "named_port", "ready_endpoints", "selects", "with_sidecars"]
