"""What a run learns from: batches of purchases cut into shards, counted and named by a fingerprint."""

from __future__ import annotations

import hashlib
import json
import logging
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from filelock import FileLock

from isthmus.source_digest import source_digest
from training.digest_scopes import CANDIDATE, FEATURES
from training.errors import TrainingError
from training.features.array_cache import key_of
from training.features.baskets import Purchases
from training.features.catalogue import Catalogue, catalogue_of
from training.features.examples import Examples, Shape
from training.features.history import CustomerFeatures, features_at
from training.features.shards import INDEX, Objects, Shards, fetch_shards, find_shards, make_shards
from training.settings import TrainingSettings
from training.tables.engine import engine_of
from training.transfer.manifest import TransferManifest, describe

if TYPE_CHECKING:
    import pyarrow as pa

    from training.transfer.bucket import BatchBucket

logger = logging.getLogger(__name__)

MOST_BYTES = 1 << 30
"""Ten months of orders take 1 MB."""


@dataclass(frozen=True)
class Shared:
    """Where the workers of a run leave and find shards.

    The ``first`` one makes them; the others wait for it so many seconds, and make them, too, where it did not
    come.
    """

    objects: Objects
    first: bool
    wait_s: float = 600.0


@dataclass(frozen=True)
class TrainingData:
    """Purchases to learn from, in shards by customer, and the manifest of the transfer that brought them."""

    manifest: TransferManifest
    shards: Shards
    settings: TrainingSettings

    @cached_property
    def _products(self) -> pa.Table:
        return self.shards.products()

    @cached_property
    def catalogue(self) -> Catalogue:
        """The products."""
        return catalogue_of(self._products)

    @cached_property
    def examples(self) -> Examples:
        """What is trained on. A step predicts about ``batch_size`` order lines over all workers."""
        lines = sum(batch.rows for batch in self.manifest.batches) / self.shards.orders
        shape = Shape(
            length=self.settings.history_length,
            half_life_days=self.settings.half_life_days,
            batch=max(1, round(self.settings.batch_size / lines)),
            time=self.settings.model.time_features,
        )
        popularity = np.append(0, self._products.column("baskets").to_numpy()).astype(np.int64)
        return Examples(self.shards, shape, self.settings.seed, popularity)

    def customers(self) -> Iterator[tuple[str, Purchases]]:
        """Every customer's purchases, in no order that matters; memory holds a piece of them."""
        for piece in self.shards.pieces():
            yield from piece

    def customer_features(self, purchases: Purchases) -> CustomerFeatures:
        """The model's inputs for a customer on the day after the window, by the code that
        made the examples."""
        settings = self.settings
        return features_at(
            purchases,
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
    folder: Path | None = None,
    shared: Shared | None = None,
) -> TrainingData:
    """What to learn from: the shards of a manifest's batches, found or made.

    Args:
        bucket: of the batches; each is checked against its checksum.
        manifest: names them.
        settings: of the run.
        folder: keeps shards between runs; None keeps them for as long as the result is used.
        shared: where the workers of a run leave and find them.

    Raises:
        TrainingError: when they hold nothing that can be learned from.
    """
    if manifest.orders:
        settings = settings.model_copy(update={"orders_format": manifest.orders})
    if not manifest.batches:
        raise TrainingError("the last transfer brought no day of orders; mend training.window and transfer")
    days = f"the orders from {manifest.batches[0].day} to {manifest.batches[-1].day}"
    rows = sum(batch.rows for batch in manifest.batches)
    if not rows:
        raise TrainingError(f"{days} hold nothing to learn from ({describe(manifest.cleaning)}); name others")
    shards = _shards(bucket, manifest, settings, folder, shared)
    if not shards.examples.any():
        raise TrainingError(
            f"{days} hold {rows:,} purchases, but no customer bought on two days, or two products "
            "on one, so there is nothing to learn from; name more orders"
        )
    return TrainingData(manifest, shards, settings)


def _shards(
    bucket: BatchBucket,
    manifest: TransferManifest,
    settings: TrainingSettings,
    folder: Path | None,
    shared: Shared | None,
) -> Shards:
    key = key_of(orders=manifest.digest, features=source_digest(*FEATURES), shards=settings.shards)
    kept = None if folder is not None else tempfile.TemporaryDirectory(prefix="isthmus-shards-")
    under = Path(kept.name) if kept is not None else folder or Path()
    under.mkdir(parents=True, exist_ok=True)
    place, prefix = under / key[:32], f"shards/{key[:32]}/"
    with FileLock(under / "shards.lock"):
        if (found := find_shards(place)) is not None:
            return replace(found, kept=kept)
        if shared is not None and (
            fetched := fetch_shards(place, shared.objects, prefix, 0.0 if shared.first else shared.wait_s)
        ):
            return replace(fetched, kept=kept)
        logger.info(f"cutting {len(manifest.batches)} days of purchases into {settings.shards} shards")
        with tempfile.TemporaryDirectory(prefix="isthmus-batches-") as batches:
            files = [bucket.batch_file(entry, Path(batches)) for entry in manifest.batches]
            engine = replace(engine_of(settings), run=key[:32])
            engine.begin()
            made = make_shards(engine, files, place, settings.shards)
        if shared is not None:
            made.publish(shared.objects, prefix)
        engine.end()
        if kept is None:
            _trim(under, place)
    return replace(made, kept=kept)


def _trim(folder: Path, needed: Path) -> None:
    """Remove what was not used for longest until the rest fits; what is needed is never removed."""
    for place in folder.glob("[!.]*/"):
        if not (place / INDEX).is_file():  # damaged
            shutil.rmtree(place, ignore_errors=True)
    found = sorted(folder.glob(f"*/{INDEX}"), key=lambda path: path.stat().st_mtime)
    sizes = {path: sum(file.stat().st_size for file in path.parent.iterdir()) for path in found}
    total = sum(sizes.values())
    for path in found:
        if total > MOST_BYTES and path.parent != needed:
            path.unlink()  # first, as it says that all of them are there
            shutil.rmtree(path.parent, ignore_errors=True)
            total -= sizes[path]
