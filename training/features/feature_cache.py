"""Features of examples, counted once for all runs and workers that share a folder."""

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
    """The features of the examples of some orders.

    Attributes:
        cache: the folder that keeps them.
        orders: digest of the orders that the examples are made of.
    """

    cache: ArrayCache
    orders: str

    def features(self, decides: Mapping[str, Any], count: Callable[[], ExampleFeatures]) -> ExampleFeatures:
        """The features that are kept, else those that ``count`` gives, which are kept from now on.

        Args:
            decides: every setting that the features depend on.
            count: counts them.
        """
        name = key_of(orders=self.orders, features=source_digest(*FEATURES), **decides)
        if (found := self.cache.find(name)) is not None:
            return _from_arrays(found)
        features = count()
        self.cache.keep(name, _to_arrays(features))
        return features


def _to_arrays(features: ExampleFeatures) -> Arrays:
    return {field.name: np.asarray(getattr(features, field.name)) for field in fields(features)}


def _from_arrays(arrays: Arrays) -> ExampleFeatures:
    values: dict[str, Any] = dict(arrays)
    return ExampleFeatures(**values | {"day_old": float(values["day_old"])})
