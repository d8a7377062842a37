"""A signed release whose Keras model is real and untrained: enough for a bundle, and made in a moment."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np

from training.features.history import USER_FEATURES
from training.release import (
    Customers,
    Manifest,
    Model,
    Product,
    Tensor,
    Window,
    describe,
    sign,
    write,
    write_popular,
    write_products,
    write_report,
    write_signature,
)

PRODUCTS, HISTORY, DIM, CUSTOMERS = 40, 6, 8, 30
SIGNED = datetime(2011, 10, 1, tzinfo=UTC)


def code(place: int) -> str:
    return f"P{place:04d}"


def make(directory: Path, signing_key: str) -> Path:
    """Write the release and its signature."""
    from training.fit.cluster import ALONE, limit_threads, prepare

    prepare(os.environ, ALONE)
    limit_threads(ALONE)
    from training.features.catalogue import FEATURES
    from training.model.two_tower import Sizes, build
    from training.release.export.keras_file import save_keras

    random = np.random.default_rng(0)
    directory.mkdir(parents=True)
    features = random.normal(size=(PRODUCTS + 1, FEATURES)).astype(np.float32)
    model = build(Sizes(products=PRODUCTS, dim=DIM, history=HISTORY), features)
    for variable in model.trainable_variables:
        variable.assign(random.normal(0, 0.2, variable.shape))
    save_keras(model, directory / "model.keras")
    write_products(
        directory,
        [
            Product(index=i, product_code=code(i), description=f"LAMPE À {i}", price=1.5, popularity_rank=i)
            for i in range(1, PRODUCTS + 1)
        ],
    )
    write_popular(directory, list(range(1, 31)))
    write_report(directory, {})
    customers = _customers(random)
    customers.write(directory)
    shapes = {"history": HISTORY, "weights": HISTORY, "user": USER_FEATURES}
    manifest = Manifest(
        files=describe(directory),
        window=Window(
            first_day=date(2011, 9, 1),
            last_day=date(2011, 9, 30),
            days=26,
            rows=100,
            orders_digest="sha256:" + "0" * 64,
        ),
        cleaning={"read": 100},
        metrics={},
        model=Model(
            inputs=tuple(
                Tensor(name=name, dtype="int32" if name == "history" else "float32", shape=(-1, width))
                for name, width in shapes.items()
            ),
            outputs=(),
            items=PRODUCTS,
            history_length=HISTORY,
            top_k=20,
            parameters=1,
            opset=17,
            max_abs_difference=0.0,
            tolerance=1e-3,
        ),
        versions={},
        settings={"half_life_days": 180.0},
        seeds={},
    )
    write_signature(directory, sign(write(directory, manifest), signing_key, SIGNED))
    return directory


def _customers(random: np.random.Generator) -> Customers:
    history = np.stack([random.permutation(PRODUCTS)[:HISTORY] + 1 for _ in range(CUSTOMERS)]).astype(
        np.int32
    )
    weights = random.uniform(0.1, 2, history.shape).astype(np.float32)
    history[::3, 3:], weights[::3, 3:] = 0, 0
    return Customers(
        pseudonyms=sorted(random.bytes(16).hex() for _ in range(CUSTOMERS)),
        history=history,
        weights=weights,
        user=random.uniform(0, 1, (CUSTOMERS, USER_FEATURES)).astype(np.float32),
        last_bought=[row[row > 0].tolist() for row in history],
    )
