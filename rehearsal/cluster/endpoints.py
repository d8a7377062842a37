"""Which containers of a pod answer, and at which ports."""

from __future__ import annotations

from typing import Any


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
