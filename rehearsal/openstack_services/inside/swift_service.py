"""Swift: the proxy and the three servers behind it, with rings of one device."""

from __future__ import annotations

from pathlib import Path
from typing import Any

PARTITION_POWER = 1


def rings(etc: Path, ports: dict[str, int]) -> None:
    """Write the rings. They name ports, so they are as new as these."""
    from swift.common.ring.ring import RingData

    for name in ("account", "container", "object"):
        device: dict[str, Any] = {
            "id": 0, "region": 1, "zone": 1, "ip": "127.0.0.1", "port": ports[name],
            "replication_ip": "127.0.0.1", "replication_port": ports[name], "device": "disk",
            "weight": 1.0, "meta": "",
        }  # fmt: skip
        partitions = [[0] * 2**PARTITION_POWER]
        RingData(partitions, [device], 32 - PARTITION_POWER).save(str(etc / f"{name}.ring.gz"))


def serve(name: str, etc: Path) -> None:
    """Be the server of this name; returns when it ended."""
    from swift.common.wsgi import run_wsgi

    run_wsgi(str(etc / f"{name}.conf"), f"{name}-server")
