"""Alarms of the link: a tunnel that is down, and a connection whose tunnels are all down.

TunnelState is 1 while a tunnel is up (with BGP: while its session is established) and 0 else; by the
dimension VpnId it is that of both tunnels, between 0 and 1 while one of them is down
(https://docs.aws.amazon.com/vpn/latest/s2svpn/monitoring-cloudwatch-vpn.html; read 2026-11-28).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pulumi
import pulumi_aws as aws

from infra.naming import Naming

PERIOD_SECONDS = 60
PERIODS = 3


def tunnel_down(
    name: str,
    *,
    naming: Naming,
    label: str,
    address: pulumi.Input[str],
    topics: Sequence[str],
    opts: pulumi.ResourceOptions,
) -> None:
    """One tunnel, by its outside address in AWS, has been down for three minutes."""
    _alarm(
        name,
        naming.name(f"{label}-down"),
        f"A tunnel of the link is down ({label}); the others carry what it carried.",
        {"TunnelIpAddress": address},
        topics,
        opts,
    )


def connection_down(
    name: str,
    *,
    naming: Naming,
    label: str,
    connection_id: pulumi.Input[str],
    topics: Sequence[str],
    opts: pulumi.ResourceOptions,
) -> None:
    """All tunnels of a connection have been down for three minutes."""
    _alarm(
        name,
        naming.name(f"{label}-all-down"),
        f"No tunnel of a connection of the link is up ({label}).",
        {"VpnId": connection_id},
        topics,
        opts,
    )


def _alarm(
    name: str,
    alarm: str,
    description: str,
    dimensions: Mapping[str, pulumi.Input[str]],
    topics: Sequence[str],
    opts: pulumi.ResourceOptions,
) -> None:
    aws.cloudwatch.MetricAlarm(
        name,
        name=alarm,
        alarm_description=description,
        namespace="AWS/VPN",
        metric_name="TunnelState",
        dimensions=dimensions,
        statistic="Maximum",
        comparison_operator="LessThanOrEqualToThreshold",
        threshold=0,
        period=PERIOD_SECONDS,
        evaluation_periods=PERIODS,
        # A connection that tells nothing is not up.
        treat_missing_data="breaching",
        alarm_actions=list(topics),
        ok_actions=list(topics),
        opts=opts,
    )


__all__ = ["connection_down", "tunnel_down"]
