"""Facts of examples, counted once for all runs and workers that share a folder."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from training.features.facts import Facts
from training.features.version import features_version
from training.kept_arrays import Arrays, KeptArrays, key_of

MOST_BYTES = 256 << 20
"""Ten months of orders take 22 MB."""


@dataclass(frozen=True)
class KeptFacts:
    """The facts of some orders, in a folder.

    Attributes:
        kept: the folder.
        orders: digest of the orders that the examples are made of.
    """

    kept: KeptArrays
    orders: str

    def facts(self, decides: Mapping[str, Any], count: Callable[[], Facts]) -> Facts:
        """What is kept, else what ``count`` gives, kept from now on.

        Args:
            decides: every setting that the facts depend on.
            count: counts them.
        """
        name = key_of(orders=self.orders, features=features_version(), **decides)
        if (found := self.kept.find(name)) is not None:
            return _facts(found)
        facts = count()
        self.kept.keep(name, _arrays(facts))
        return facts


def _arrays(facts: Facts) -> Arrays:
    return {one.name: np.asarray(getattr(facts, one.name)) for one in fields(facts)}


def _facts(arrays: Arrays) -> Facts:
    given: dict[str, Any] = dict(arrays)
    return Facts(**given | {"day_old": float(given["day_old"])})
