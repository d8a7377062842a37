"""When EKS ends its standard support of a Kubernetes version, and asks more for a cluster of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Final

STANDARD_SUPPORT_ENDS: Final[Mapping[str, date]] = {
    "1.30": date(2025, 7, 23),
    "1.31": date(2025, 11, 26),
    "1.32": date(2026, 3, 23),
    "1.33": date(2026, 7, 29),
    "1.34": date(2026, 12, 2),
    "1.35": date(2027, 3, 27),
}
"""EKS user guide, "Kubernetes versions", by way of https://endoflife.date/amazon-eks, read on 2026-11-28.
An older version than these is out of it; of a newer one nothing is known."""


def out_of_standard_support(version: str, today: date) -> bool:
    """Whether a version, such as ``1.33``, is one that EKS asks more for on a day."""
    ends = STANDARD_SUPPORT_ENDS.get(version)
    oldest = min(map(_minor, STANDARD_SUPPORT_ENDS))
    return ends < today if ends is not None else 0 <= _minor(version) < oldest


def _minor(version: str) -> int:
    minor = version.removeprefix("1.")
    return int(minor) if minor.isascii() and minor.isdigit() and len(minor) < 4 else -1


__all__ = ["STANDARD_SUPPORT_ENDS", "out_of_standard_support"]
