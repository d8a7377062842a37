"""A candidate against the release in service, customer by customer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from training.evaluate.bootstrap import interval
from training.evaluate.metrics import Numbers


@dataclass(frozen=True)
class Comparison:
    """recall@20 of both on the same customers, float64 [customers]; segments are ``groups``, bool each."""

    digest: str
    candidate: Numbers
    in_service: Numbers
    groups: Mapping[str, Numbers]

    def difference(self, forgiven: float = 0.0, group: str | None = None) -> tuple[float, float, float]:
        """Mean of candidate - (1 - forgiven) * in service, and its 95 % interval.

        Pairs take the differences between customers out, so that the interval is much narrower than those of
        the two recalls. An upper end below 0 means: worse by more than is forgiven.
        """
        kept = self.groups[group] if group is not None else np.ones(len(self.candidate), bool)
        pairs = self.candidate[kept] - (1 - forgiven) * self.in_service[kept]
        return (float(pairs.mean()) if len(pairs) else 0.0, *interval(pairs))

    def as_plain(self) -> dict[str, Any]:
        """As JSON values."""
        return {"digest": self.digest, "recall_difference": list(self.difference())}
