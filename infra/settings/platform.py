"""The platform: what every cluster runs beside the estate's own pods."""

from __future__ import annotations

from typing import Annotated, Literal, get_args

from pydantic import Field

from isthmus.settings.section import Section

Part = Literal[
    "metrics_server", "gpus", "autoscaler", "cert_manager", "external_secrets", "keda", "monitoring"
]
PARTS: tuple[Part, ...] = get_args(Part)


class PlatformSettings(Section):
    """What both clusters run beside the estate's own pods."""

    runs: Annotated[tuple[Part, ...], Field(max_length=len(PARTS))] = PARTS
    """Parts, in any order: metrics for autoscalers (`metrics_server`), NVIDIA's device plugin and exporter
    (`gpus`), an autoscaler of nodes in AWS (`autoscaler`), `cert_manager`, `external_secrets`, `keda`, and
    Prometheus with Grafana (`monitoring`). What a driver of Magnum installs itself is not installed again."""
