"""A release on held-back orders, beside the popular list and personal frequency.

The protocol: customers of the release who buy on a held-back day; of what they buy there, the products that
the release knows. *All products*: whatever they buy counts. *New products*: only what they had not bought
before, recommended from what they had not bought before.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from training.evaluate.metrics import Scores, score
from training.release import ONNX_MODEL, Customers, read_items, read_popular

MODEL, POPULAR, PERSONAL = "two towers", "popular", "personal frequency"
ALL, NEW = "all products", "new products"
K = 20
Table = dict[str, dict[str, Scores]]
"""Scores by recommender, then by protocol."""


def evaluate(release: Path, held_back: pd.DataFrame) -> Table:
    """Score ``model.onnx`` of a release, and its baselines, on held-back purchases (columns of SCHEMA)."""
    items, customers, popular = read_items(release), Customers.read(release), read_popular(release)
    index = {item.stock_code: item.index for item in items}
    known = held_back.assign(item=held_back["stock_code"].map(index)).dropna(subset=["item"])
    known = known[known["customer"].isin(customers.keys())]
    truth = {str(name): set(map(int, group)) for name, group in known.groupby("customer")["item"]}
    names = sorted(truth)
    if not names:
        return {name: {ALL: score([], [], len(items)), NEW: score([], [], len(items))} for name in _NAMES}
    before = [set(customers[name].history.tolist()) | set(customers[name].last_bought) for name in names]
    lists = {
        MODEL: _model_lists(release, customers, names),
        POPULAR: [popular] * len(names),
        PERSONAL: [_personal(customers, name, popular) for name in names],
    }
    bought = [truth[name] for name in names]
    return {
        name: {
            ALL: score(one, bought, len(items), K),
            NEW: score(_without(one, before), _minus(bought, before), len(items), K),
        }
        for name, one in lists.items()
    }


_NAMES = (MODEL, PERSONAL, POPULAR)


def as_plain(table: Table) -> dict[str, Any]:
    """The table as JSON values."""
    return {name: {protocol: vars(scores) for protocol, scores in row.items()} for name, row in table.items()}


def as_lines(table: Table) -> list[str]:
    """The table as text, one line per recommender."""
    lines = [f"{'':20}{'recall@20':>18}{'NDCG@20':>9}{'coverage':>10}{'new: recall@20':>17}{'NDCG@20':>9}"]
    for name in _NAMES:
        every, new = table[name][ALL], table[name][NEW]
        lines.append(
            f"{name:20}{every.recall:>9.3f} ± {every.recall_error:.3f} {every.ndcg:>9.3f}"
            f"{every.coverage:>9.1%}{new.recall:>17.3f}{new.ndcg:>9.3f}"
        )
    customers = table[MODEL][ALL].customers
    return [*lines, f"{customers} customers; {table[MODEL][NEW].customers} of them bought something new"]


def _model_lists(release: Path, customers: Customers, names: Sequence[str]) -> list[list[int]]:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(
        str(release / ONNX_MODEL), options, providers=["CPUExecutionProvider"]
    )
    out: list[list[int]] = []
    for start in range(0, len(names), 256):
        batch = [customers[name] for name in names[start : start + 256]]
        given: dict[str, npt.NDArray[Any]] = {
            "history": np.stack([one.history for one in batch]),
            "weights": np.stack([one.weights for one in batch]),
            "user": np.stack([one.user for one in batch]),
        }
        (top,) = session.run(["items"], given)
        out += top.tolist()
    return out


def _personal(customers: Customers, name: str, popular: Sequence[int]) -> list[int]:
    """What the customer bought, by recency-weighted frequency, filled up with what is popular."""
    history = [item for item in customers[name].history.tolist() if item]
    return list(dict.fromkeys([*history, *popular]))


def _without(lists: Sequence[Sequence[int]], sets: Sequence[set[int]]) -> list[list[int]]:
    return [[item for item in one if item not in before] for one, before in zip(lists, sets, strict=True)]


def _minus(left: Sequence[set[int]], right: Sequence[set[int]]) -> list[set[int]]:
    return [one - other for one, other in zip(left, right, strict=True)]
