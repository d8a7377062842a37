"""A ranking as a folder: the network, the normaliser, what it was made from, and the lists."""

from __future__ import annotations

import json
import shutil
import tempfile
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from training.errors import TrainingError
from training.ranking.export import save_onnx
from training.ranking.orders import Orders
from training.ranking.recommend import Recommendations
from training.ranking.train import Ranking
from training.versions import versions

KERAS, ONNX, NORMALISER, RECORD = "model.keras", "model.onnx", "normaliser.npz", "ranking.json"
EVERY, NEW = "recommendations.csv", "recommendations-new.csv"


def record_of(ranking: Ranking, orders: Orders, before: date, difference: float) -> dict[str, Any]:
    """What the ranking was made from, and how far its ONNX file is from the network."""
    return {
        "before": before.isoformat(),
        "first_day": date.fromordinal(int(orders.day.min())).isoformat(),
        "orders": orders.digest(),
        "rows": len(orders.day),
        "customers": len(orders.customers),
        "products": len(orders.products),
        "windows": len(ranking.windows),
        "examples": ranking.examples,
        "features": ranking.names,
        "settings": ranking.settings.model_dump(),
        "onnx_max_abs_difference": difference,
        "versions": versions(),
    }


def write(folder: Path, ranking: Ranking, lists: Recommendations, orders: Orders, before: date) -> None:
    """Write all of it, made beside the folder and renamed; replaces an earlier ranking.

    Raises:
        TrainingError: when the folder holds something else, or the ONNX file differs from the network.
    """
    if folder.exists() and any(folder.iterdir()) and not (folder / RECORD).exists():
        raise TrainingError(f"{folder} is not empty and no ranking; name another folder with --out")
    folder.parent.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    try:
        ranking.model.save(aside / KERAS)
        trial = np.random.default_rng(0).normal(size=(512, len(ranking.names))).astype(np.float32)
        difference = save_onnx(ranking.model, aside / ONNX, trial)
        ranking.normaliser.save(aside / NORMALISER)
        lists.every.to_csv(aside / EVERY, index=False, float_format="%.6f")
        lists.new.to_csv(aside / NEW, index=False, float_format="%.6f")
        record = record_of(ranking, orders, before, difference)
        (aside / RECORD).write_text(json.dumps(record, indent=1, sort_keys=True) + "\n")
        aside.chmod(0o755)
        if folder.exists():
            shutil.rmtree(folder)
        aside.rename(folder)
    except BaseException:
        shutil.rmtree(aside, ignore_errors=True)
        raise
