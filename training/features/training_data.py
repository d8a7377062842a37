"""What a run learns from: batches of purchases read, counted and named by a fingerprint."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from isthmus.source_digest import source_digest
from training.digest_scopes import CANDIDATE
from training.errors import TrainingError
from training.features.array_cache import ArrayCache
from training.features.baskets import Baskets, baskets_of
from training.features.catalogue import Catalogue, catalogue_of
from training.features.examples import Examples, Shape
from training.features.feature_cache import FeatureCache
from training.features.history import CustomerFeatures, features_at
from training.settings import TrainingSettings
from training.transfer.batch import from_parquet
from training.transfer.manifest import TransferManifest, describe

if TYPE_CHECKING:
    from training.transfer.bucket import BatchBucket


@dataclass(frozen=True)
class TrainingData:
    """Purchases to learn from, and the manifest of the transfer that brought them.

    ``cache`` keeps the features that are counted; None keeps nothing.
    """

    manifest: TransferManifest
    purchases: pd.DataFrame
    settings: TrainingSettings
    cache: ArrayCache | None = None

    @cached_property
    def catalogue(self) -> Catalogue:
        """The products."""
        return catalogue_of(self.purchases)

    @cached_property
    def baskets(self) -> Baskets:
        """The purchases by customer."""
        return baskets_of(self.purchases, self.catalogue)

    @cached_property
    def examples(self) -> Examples:
        """What is trained on. A step predicts about ``batch_size`` order lines over all workers, and as many
        orders as every worker can share."""
        orders = sum(len(np.unique(purchases.days)) for purchases in self.baskets.by_customer.values())
        lines = len(self.purchases) / orders
        share = max(1, round(self.settings.batch_size / lines / self.settings.workers))
        shape = Shape(
            length=self.settings.history_length,
            half_life_days=self.settings.half_life_days,
            batch=share * self.settings.workers,
            time=self.settings.model.time_features,
        )
        cache = None if self.cache is None else FeatureCache(self.cache, self.manifest.digest)
        return Examples(self.baskets, shape, self.settings.seed, cache)

    def customer_features(self, customer: str) -> CustomerFeatures:
        """The model's inputs for a customer on the day after the window, by the code that
        made the examples."""
        settings = self.settings
        return features_at(
            self.baskets.by_customer[customer],
            self.first_day_after,
            settings.history_length,
            settings.half_life_days,
            settings.model.time_features,
        )

    @property
    def first_day_after(self) -> int:
        """The day after the last one learned from, in days since 1970-01-01: when serving starts."""
        return int(np.datetime64(self.manifest.batches[-1].day, "D").astype(int)) + 1

    @property
    def fingerprint(self) -> str:
        """Names the run: orders, code, and all settings that decide the release; 16 hexadecimal digits."""
        text = json.dumps(
            [self.manifest.digest, source_digest(*CANDIDATE), self.settings.recorded()], sort_keys=True
        )
        return hashlib.sha256(text.encode()).hexdigest()[:16]


def read_training_data(
    bucket: BatchBucket,
    manifest: TransferManifest,
    settings: TrainingSettings,
    cache: ArrayCache | None = None,
) -> TrainingData:
    """Read all batches of a manifest, each checked against its checksum; ``cache`` is that of
    ``TrainingData``.

    Raises:
        TrainingError: when they hold nothing that can be learned from.
    """
    if manifest.orders:
        settings = settings.model_copy(update={"orders_format": manifest.orders})
    frames = [from_parquet(bucket.batch(entry)) for entry in manifest.batches]
    if not frames:
        raise TrainingError("the last transfer brought no day of orders; mend training.window and transfer")
    purchases = pd.concat(frames, ignore_index=True)
    _refuse_without_examples(purchases, manifest)
    return TrainingData(manifest, purchases, settings, cache)


def _refuse_without_examples(purchases: pd.DataFrame, manifest: TransferManifest) -> None:
    """Refuse orders without an example: whoever buys twice, or two products at once, is one."""
    days = f"the orders from {manifest.batches[0].day} to {manifest.batches[-1].day}"
    if purchases.empty:
        raise TrainingError(f"{days} hold nothing to learn from ({describe(manifest.cleaning)}); name others")
    bought = pd.DataFrame(
        {
            "customer": purchases["customer"],
            "day": purchases["at"].dt.normalize(),
            "product": purchases["stock_code"],
        }
    ).drop_duplicates()
    if not bought["customer"].duplicated().any():
        raise TrainingError(
            f"{days} hold {len(purchases):,} purchases, but no customer bought on two days, or two products "
            "on one, so there is nothing to learn from; name more orders"
        )
