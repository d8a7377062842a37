"""A candidate against another recommender on the same customers, one by one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from training.validation.bootstrap import interval
from training.validation.metrics import Numbers, PerCustomer

Interval = tuple[float, float, float]
"""A mean, and the lower and upper end of its 95 % interval."""


def difference(ours: Numbers, theirs: Numbers) -> Interval:
    """Mean of ``ours - theirs`` over customers with something to find, and its 95 % interval.

    Pairs take the differences between customers out, so that the interval is much narrower than those of the
    two means.
    """
    pairs = ours - theirs
    pairs = pairs[~np.isnan(pairs)]
    return (float(pairs.mean()) if len(pairs) else 0.0, *interval(pairs))


@dataclass(frozen=True)
class Comparison:
    """The candidate and the release in service, customer by customer.

    Attributes:
        digest: that of the release in service.
        candidate: scores of the candidate over all products.
        in_service: those of the release in service, for the same customers.
        groups: bool [customers] for each segment.
    """

    digest: str
    candidate: PerCustomer
    in_service: PerCustomer
    groups: Mapping[str, Numbers]

    def difference(
        self, forgiven: float = 0.0, group: str | None = None, metric: Literal["recall", "ndcg"] = "recall"
    ) -> Interval:
        """Mean of candidate - (1 - forgiven) * in service, and its 95 % interval.

        An upper end below 0 means: worse by more than is forgiven.
        """
        members = self.groups[group] if group is not None else slice(None)
        return difference(
            getattr(self.candidate, metric)[members],
            (1 - forgiven) * getattr(self.in_service, metric)[members],
        )

    def forgiven(self, share: float, group: str | None = None) -> float:
        """The recall that may be lost, as a mean over customers."""
        members = self.groups[group] if group is not None else slice(None)
        return share * float(np.nanmean(self.in_service.recall[members]))

    def as_plain(self) -> dict[str, Any]:
        """As JSON values."""
        return {
            "digest": self.digest,
            "recall_difference": list(self.difference()),
            "ndcg_difference": list(self.difference(metric="ndcg")),
        }
