"""A ranking as a folder: the network, the normaliser, what it was made from, and the lists."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from isthmus.atomic_files import atomic_directory
from isthmus.source_digest import source_digest
from training.digest_scopes import RANKING_FEATURES
from training.ranking.export import save_onnx
from training.ranking.orders import Orders
from training.ranking.recommend import Listed
from training.ranking.train import Ranking
from training.release.versions import versions

KERAS, ONNX, NORMALISER, RECORD = "model.keras", "model.onnx", "normaliser.npz", "ranking.json"
ALL_PRODUCTS, NEW_PRODUCTS = "recommendations.csv", "recommendations-new.csv"


def record_of(
    ranking: Ranking,
    orders: Orders,
    before: date,
    difference: float,
    orders_format: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """What the ranking was made from, and how far its ONNX file is from the network.

    ``orders_format`` holds the settings of the section ``orders`` that differ from the defaults.
    """
    return {
        **({"orders_format": dict(orders_format)} if orders_format else {}),
        "before": before.isoformat(),
        "first_day": date.fromordinal(orders.first_day).isoformat(),
        "orders": orders.digest(),
        "rows": orders.row_count,
        "customers": len(orders.customers),
        "products": len(orders.products),
        "windows": len(ranking.windows),
        "examples": ranking.examples,
        "features": ranking.names,
        "scores_left_out": dict(ranking.left_out),
        "ridge_products": min(len(orders.products), ranking.settings.most_products),
        "settings": ranking.settings.model_dump(),
        "onnx_max_abs_difference": difference,
        "versions": versions() | {"ranking_features": source_digest(*RANKING_FEATURES)},
    }


def write(folder: Path, ranking: Ranking, lists: Iterable[Listed], orders: Orders, before: date) -> None:
    """Write all of it, made beside the folder and renamed; replaces an earlier ranking.

    Raises:
        TrainingError: when the folder holds something else, or the ONNX file differs from the network.
    """
    with atomic_directory(folder, RECORD, "ranking") as aside:
        ranking.model.save(aside / KERAS)
        trial = np.random.default_rng(0).normal(size=(512, len(ranking.names))).astype(np.float32)
        difference = save_onnx(ranking.model, aside / ONNX, trial)
        ranking.normaliser.save(aside / NORMALISER)
        for number, listed in enumerate(lists):
            for only_new, name in enumerate((ALL_PRODUCTS, NEW_PRODUCTS)):
                table = listed.table(orders, bool(only_new))
                table.to_csv(aside / name, mode="a", header=not number, index=False, float_format="%.6f")
        record = record_of(ranking, orders, before, difference)
        (aside / RECORD).write_text(json.dumps(record, indent=1, sort_keys=True) + "\n")
