"""What stands behind the Kubernetes plugin of a rehearsal: a record with rules, or real control planes."""

from __future__ import annotations

from typing import Final

from rehearsal.behind import Behind, Choice
from rehearsal.home import Home

KUBERNETES: Final = Choice("--kubernetes", lambda home: home.control_planes)


def is_real(home: Home) -> bool:
    """Whether the clusters of a rehearsal have control planes."""
    return KUBERNETES.of(home) is Behind.REAL


__all__ = ["KUBERNETES", "is_real"]
