"""Facts of examples, counted once for all runs and workers that share a folder."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from isthmus.source_digest import source_digest
from training.digest_scopes import FEATURES
from training.features.array_cache import ArrayCache, Arrays, key_of
from training.features.example_features import ExampleFeatures

MOST_BYTES = 256 << 20
"""Ten months of orders take 22 MB."""


@dataclass(frozen=True)
class FeatureCache:
    """The facts of some orders, in a folder.

    Attributes:
        kept: the folder.
        orders: digest of the orders that the examples are made of.
    """

    kept: ArrayCache
    orders: str

    def facts(self, decides: Mapping[str, Any], count: Callable[[], ExampleFeatures]) -> ExampleFeatures:
        """What is kept, else what ``count`` gives, kept from now on.

        Args:
            decides: every setting that the facts depend on.
            count: counts them.
        """
        name = key_of(orders=self.orders, features=source_digest(*FEATURES), **decides)
        if (found := self.kept.find(name)) is not None:
            return _facts(found)
        facts = count()
        self.kept.keep(name, _arrays(facts))
        return facts


def _arrays(facts: ExampleFeatures) -> Arrays:
    return {one.name: np.asarray(getattr(facts, one.name)) for one in fields(facts)}


def _facts(arrays: Arrays) -> ExampleFeatures:
    given: dict[str, Any] = dict(arrays)
    return ExampleFeatures(**given | {"day_old": float(given["day_old"])})
