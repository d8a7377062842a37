"""Time as Kubernetes writes it."""

from __future__ import annotations

from datetime import UTC, datetime


def stamp(seconds: float | None = None) -> str:
    """A POSIX time (default: now) as RFC 3339 in UTC, to the second."""
    moment = datetime.now(UTC) if seconds is None else datetime.fromtimestamp(seconds, UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def seconds(text: str) -> float:
    """POSIX time of a stamp."""
    return datetime.fromisoformat(text).timestamp()
