"""The ports of a Triton pod."""

from __future__ import annotations

from collections.abc import Mapping

HTTP, GRPC, METRICS = 8000, 8001, 8002
PROXY_METRICS = 8005
"""What Envoy counts: how long callers waited, which Triton's sums do not tell apart."""
PORTS: Mapping[str, int] = {"http": HTTP, "grpc": GRPC, "metrics": METRICS, "proxy-metrics": PROXY_METRICS}
"""Ports at which others ask."""
INSIDE: Mapping[str, int] = {"http": 8003, "grpc": 8004, "metrics": METRICS}
"""Ports at which Triton listens; for questions, only Envoy and the kubelet come there."""
