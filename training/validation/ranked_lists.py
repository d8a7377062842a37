"""What a release recommends: the lists of its ranking stage, or the answers of ``model.onnx``."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from training.release import ONNX_MODEL, Customers, read_items, read_popular
from training.release.errors import reading
from training.release.ranked import read_ranked
from training.ties import grouped_order

_UNTOLD = float("nan")
LONGEST = 100
"""Products of a list that are looked at; what is new to a customer is found among them."""


@dataclass(frozen=True)
class RankedLists:
    """Numbers of products by customer, the best first: of all products, and of those new to the customer.

    Attributes:
        every: of all products.
        new: of those that the customer had not bought.
        probabilities: those of ``every``; None where the recommender tells no probability.
        horizon_days: days that the probabilities speak of; None where that is not told.
    """

    every: list[list[int]]
    new: list[list[int]]
    probabilities: list[list[float]] | None = None
    horizon_days: int | None = None


def lists_of(
    release: Path, names: Sequence[str], index: Mapping[str, int], before: Sequence[set[int]]
) -> RankedLists:
    """The lists of a release for some customers.

    Args:
        release: its directory.
        names: pseudonyms. One that the release does not know gets its popular list, as in service.
        index: stock code -> number to tell a product by; products that it lacks are left out.
        before: numbers of what each customer had bought.
    """
    codes = [item.stock_code for item in read_items(release)]
    popular = [codes[number - 1] for number in read_popular(release)]
    ranked = _ranked(release, only_new=False)
    found = _answers(release, names, codes) if ranked is None else ranked
    every, scores = [], []
    for name in names:
        told = found.get(name) or [(code, _UNTOLD) for code in popular]
        kept = [(index[code], value) for code, value in told if code in index]
        every.append([number for number, _ in kept])
        scores.append([value for _, value in kept])
    fresh = _ranked(release, only_new=True) or {}
    new = []
    for name, given, known in zip(names, every, before, strict=True):
        numbers = [index[code] for code, _ in fresh[name] if code in index] if name in fresh else given
        new.append([number for number in numbers if number not in known])
    probabilities = None if ranked is None else probabilities_of(scores)
    return RankedLists(every, new, probabilities, horizon_days(release) if probabilities else None)


def probabilities_of(scores: Sequence[Sequence[float]]) -> list[list[float]] | None:
    """Scores of a ranking stage, where they can be probabilities: all there, and all from 0 to 1.

    A ranking stage tells calibrated ones (``training.ranking.calibration``); its bare scores, of a listwise
    softmax that knows no level, would be without bounds.
    """
    flat = np.array([value for line in scores for value in line], float)
    if not len(flat) or np.isnan(flat).any() or flat.min() < 0 or flat.max() > 1:
        return None
    return [list(line) for line in scores]


def horizon_days(release: Path) -> int | None:
    """The days whose purchases were the labels of a release's ranking stage."""
    try:
        told = json.loads((release / "ranker.json").read_bytes())["settings"]["label_days"]
    except (FileNotFoundError, KeyError, TypeError, ValueError):
        return None
    return int(told)


def _ranked(release: Path, only_new: bool) -> dict[str, list[tuple[str, float]]] | None:
    """Lists of (stock code, score) by pseudonym; None where the release has no ranking stage."""
    table = read_ranked(release, only_new=only_new, top=LONGEST)
    if table is None:
        return None
    out: dict[str, list[tuple[str, float]]] = {}
    columns = (table.column(name).to_pylist() for name in ("customer", "product", "score"))
    for customer, product, value in zip(*columns, strict=True):
        out.setdefault(customer, []).append((product, value))
    return out


def _answers(release: Path, names: Sequence[str], codes: Sequence[str]) -> dict[str, list[tuple[str, float]]]:
    """The same from the model, asked as serving asks it."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    with reading(ONNX_MODEL):
        session = onnxruntime.InferenceSession(
            str(release / ONNX_MODEL), options, providers=["CPUExecutionProvider"]
        )
    customers = Customers.read(release)
    known = [name for name in names if name in customers]
    out: dict[str, list[tuple[str, float]]] = {}
    for start in range(0, len(known), 256):
        chunk = known[start : start + 256]
        batch = [customers[name] for name in chunk]
        given: dict[str, npt.NDArray[Any]] = {
            "history": np.stack([one.history for one in batch]),
            "weights": np.stack([one.weights for one in batch]),
            "user": np.stack([one.user for one in batch]),
        }
        items, scores = session.run(["items", "scores"], given)
        rows = np.repeat(np.arange(len(items)), items.shape[1])
        order = grouped_order(scores.ravel(), items.ravel(), rows)
        items, scores = (told.ravel()[order].reshape(items.shape) for told in (items, scores))
        for name, numbers, values in zip(chunk, items.tolist(), scores.tolist(), strict=True):
            out[name] = [(codes[number - 1], value) for number, value in zip(numbers, values, strict=True)]
    return out
