"""The platform: what every cluster runs beside the estate's own pods."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Final, Literal, get_args

from pydantic import Field

from isthmus.settings.section import Section

Part = Literal[
    "metrics_server",
    "gpus",
    "autoscaler",
    "load_balancers",
    "cert_manager",
    "external_secrets",
    "keda",
    "monitoring",
    "rollouts",
]
PARTS: tuple[Part, ...] = get_args(Part)
USUAL: tuple[Part, ...] = tuple(part for part in PARTS if part != "rollouts")
"""Argo Rollouts has nothing to do where serving.rollout.strategy is rolling, as it is by default."""
ADDONS: Final[Mapping[Part, str]] = {"metrics_server": "metrics-server", "cert_manager": "cert-manager"}
"""What AWS keeps as an add-on of EKS: no chart there (EKS user guide, "Community add-ons")."""


class PlatformSettings(Section):
    """What both clusters run beside the estate's own pods."""

    runs: Annotated[tuple[Part, ...], Field(max_length=len(PARTS))] = USUAL
    """Parts, in any order: metrics for autoscalers (`metrics_server`), NVIDIA's device plugin and exporter
    (`gpus`), an autoscaler of nodes in AWS (`autoscaler`), AWS's controller of load balancers where fronts
    want one (`load_balancers`), `cert_manager`, `external_secrets`, `keda`, Prometheus with Grafana
    (`monitoring`), and Argo Rollouts (`rollouts`), without which no canary is judged. What a driver of Magnum
    installs itself is not installed again."""
