"""Begin with the weights of the release in service, instead of anew.

What belongs to a product (its vector, its bias) goes to the same product by its code, as numbers change
when products come and go; a new product is initialised as ever. The run names the release that it began with:
``warm_start_from`` is part of the manifest's settings, so the same release can be made again.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from training.features.catalogue import Catalogue
from training.features.training_data import TrainingData
from training.release.contents import KERAS_MODEL, read_products
from training.release.errors import reading

logger = logging.getLogger(__name__)

if TYPE_CHECKING:
    from training.release.store import Store


def begun_from(data: TrainingData, store: Store) -> TrainingData:
    """The run as it is with a warm start: which release it begins with, and fewer epochs.

    A release in service that learned from the same orders is this run's own result (or stands for it): then
    the run begins with what that one began with, so that made again it is the same.
    """
    settings, latest = data.settings, store.latest()
    if not settings.warm_start or latest is None:
        return data
    digest: str | None = latest["digest"]
    manifest = store.manifest(latest["digest"])
    if manifest.window.orders_digest == data.manifest.digest:
        digest = manifest.settings.get("warm_start_from")
    if digest is None:
        return data
    changed = {"warm_start_from": digest, "epochs": settings.warm_start_epochs}
    return replace(data, settings=settings.model_copy(update=changed))


class Weights:
    """The weights of a release.

    Args:
        release: its directory.
    """

    def __init__(self, release: Path) -> None:
        import keras

        from training.model import item_table, layers  # noqa: F401 (Keras knows their names once imported)

        with reading(KERAS_MODEL):
            model = keras.saving.load_model(release / KERAS_MODEL, compile=False)
        self.values = {path: value for path, value, _ in _values(model)}
        self.places = {product.product_code: product.index for product in read_products(release)}

    def into(self, model: Any, catalogue: Catalogue) -> None:
        """Put them into a model for another catalogue; what fits nowhere stays as it was initialised."""
        pairs = [
            (product.index, self.places[product.product_code])
            for product in catalogue.products
            if product.product_code in self.places
        ]
        places, old_places = np.array(pairs, int).reshape(-1, 2).T
        products, old_products = len(catalogue) + 1, len(self.places) + 1
        initialised = []
        for path, value, assign in _values(model):
            known, shape = self.values.get(path), value.shape
            if known is not None and shape[0] == products and known.shape == (old_products, *shape[1:]):
                value[places] = known[old_places]
                assign(value)
            elif known is not None and shape == known.shape:
                assign(known)
            else:
                initialised.append(path)
        logger.info(
            f"warm start: {len(places)} of {len(catalogue)} products are known to the release in service"
            + (f"; as initialised: {', '.join(initialised)}" if initialised else "")
        )


def _values(model: Any) -> Iterator[tuple[str, npt.NDArray[Any], Callable[[npt.NDArray[Any]], Any]]]:
    """Path, value and setter of each weight but the products' features; a table in parts is one."""
    from training.model.item_table import ItemTable

    tables = {layer.name: layer for layer in model.layers if isinstance(layer, ItemTable)}
    for name, table in tables.items():
        yield f"{name}/embeddings", table.table(), table.assign
    for weight in model.weights:
        if weight.path.split("/")[0] not in {*tables, "item_features"}:
            yield weight.path, np.array(weight), weight.assign
