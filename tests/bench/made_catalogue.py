"""Towers of any number of products, made from those of a real release.

Each made product stands between a real one and one of its ten nearest, moved along the difference of two
others of the ten, and by noise of a quarter of the real products' standard deviation in every direction;
its bias likewise. So products lie in groups of unequal width, as the real ones do, in all directions that
these have. The customer's half of the model, and the customers, are the release's own; each of their
purchases is a made product drawn at random.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from training.release import Customers
from training.release.export.litert_file import DeviceTowers

NEAREST, NOISE = 10, 0.25
INPUTS = ("history", "weights", "user")
PRODUCT_LAYERS = frozenset({"item_embedding", "item_features", "item_projection", "item_bias"})


def made_catalogue(release: Path, products: int) -> tuple[Any, dict[str, npt.NDArray[Any]]]:
    """A Keras model of two towers with so many products, and its customers' inputs."""
    towers, customers = DeviceTowers.read(release), Customers.read(release)
    from training.model.two_tower import Sizes, build

    dim, random = towers.vectors.shape[1], np.random.default_rng(1)
    sizes = Sizes(products, dim, customers.history.shape[1], customers.user.shape[1])
    model = build(sizes, np.zeros((products + 1, 1), np.float32))
    for layer in model.layers:
        if layer.weights and layer.name not in PRODUCT_LAYERS:
            layer.set_weights(towers.model.get_layer(layer.name).get_weights())
    made = _products(np.concatenate([towers.vectors, towers.bias[:, None]], axis=1)[1:], products, random)
    model.get_layer("item_embedding").set_weights([np.concatenate([towers.vectors[:1], made[:, :dim]])])
    model.get_layer("item_bias").set_weights([np.concatenate([towers.bias[:1], made[:, dim]])])
    drawn = random.integers(1, products + 1, customers.history.shape)
    history = np.where(customers.history > 0, drawn, 0).astype(np.int32)
    return model, {"history": history, "weights": customers.weights, "user": customers.user}


def _products(
    real: npt.NDArray[np.float32], count: int, random: np.random.Generator
) -> npt.NDArray[np.float32]:
    from sklearn.neighbors import NearestNeighbors

    near = NearestNeighbors(n_neighbors=NEAREST + 1).fit(real).kneighbors(real, return_distance=False)[:, 1:]
    parts = []
    for size in np.diff(np.linspace(0, count, count // 50_000 + 2).astype(int)).tolist():
        of = random.integers(0, len(real), size)
        towards, one, other = (near[of, random.integers(0, NEAREST, size)] for _ in range(3))
        between = real[of] + random.random((size, 1)) * (real[towards] - real[of])
        moved = between + random.normal(0, 0.5, (size, 1)) * (real[one] - real[other])
        noise = random.normal(size=moved.shape) * real.std(axis=0) * NOISE
        parts.append((moved + noise).astype(np.float32))
    return np.concatenate(parts)
