"""What a release recommends: the lists of its ranking stage, or the answers of ``model.onnx``."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from training.release import ONNX_MODEL, Customers, read_popular, read_products
from training.release.errors import reading
from training.release.ranked import read_ranked
from training.ties import grouped_order

_NO_SCORE = float("nan")
LONGEST = 100
"""Products of a list that are looked at; what is new to a customer is found among them."""


@dataclass(frozen=True)
class RankedLists:
    """Numbers of products by customer, the best first: of all products, and of those new to the customer.

    Attributes:
        all_products: lists of all products.
        new_products: lists of those that the customer had not bought.
        probabilities: those of ``all_products``; None where the recommender gives none.
        horizon_days: days that the probabilities speak of; None where that is unknown.
    """

    all_products: list[list[int]]
    new_products: list[list[int]]
    probabilities: list[list[float]] | None = None
    horizon_days: int | None = None


def lists_of(
    release: Path, names: Sequence[str], index: Mapping[str, int], before: Sequence[set[int]]
) -> RankedLists:
    """The lists of a release for some customers.

    Args:
        release: its directory.
        names: pseudonyms. One that the release does not know gets its popular list, as in service.
        index: product code -> number of a product; products that it lacks are left out.
        before: numbers of what each customer had bought.
    """
    product_codes = [product.product_code for product in read_products(release)]
    popular = [product_codes[number - 1] for number in read_popular(release)]
    ranked = _ranking_lists(release, names, only_new=False)
    lists = _model_lists(release, names, product_codes) if ranked is None else ranked
    all_products, scores = [], []
    for name in names:
        scored = lists.get(name) or [(product_code, _NO_SCORE) for product_code in popular]
        numbered = [(index[code], score) for code, score in scored if code in index]
        all_products.append([number for number, _ in numbered])
        scores.append([score for _, score in numbered])
    new_lists = _ranking_lists(release, names, only_new=True) or {}
    new_products = []
    for name, numbers, known in zip(names, all_products, before, strict=True):
        if name in new_lists:
            numbers = [index[code] for code, _ in new_lists[name] if code in index]
        new_products.append([number for number in numbers if number not in known])
    probabilities = None if ranked is None else probabilities_of(scores)
    days = horizon_days(release) if probabilities else None
    return RankedLists(all_products, new_products, probabilities, days)


def probabilities_of(scores: Sequence[Sequence[float]]) -> list[list[float]] | None:
    """Scores of a ranking stage, where they can be probabilities: all there, and all from 0 to 1.

    A ranking stage gives calibrated ones (``training.ranking.calibration``); its bare scores, of a listwise
    softmax that knows no level, would be without bounds.
    """
    flat = np.array([value for line in scores for value in line], float)
    if not len(flat) or np.isnan(flat).any() or flat.min() < 0 or flat.max() > 1:
        return None
    return [list(line) for line in scores]


def horizon_days(release: Path) -> int | None:
    """The days whose purchases were the labels of a release's ranking stage."""
    try:
        days = json.loads((release / "ranker.json").read_bytes())["settings"]["label_days"]
    except (FileNotFoundError, KeyError, TypeError, ValueError):
        return None
    return int(days)


def _ranking_lists(
    release: Path, names: Sequence[str], only_new: bool
) -> dict[str, list[tuple[str, float]]] | None:
    """Lists of (product code, score) of some pseudonyms; None where the release has no ranking stage."""
    table = read_ranked(release, only_new, LONGEST, names)
    if table is None:
        return None
    lists: dict[str, list[tuple[str, float]]] = {}
    columns = (table.column(name).to_pylist() for name in ("customer", "product", "score"))
    for customer, product_code, score in zip(*columns, strict=True):
        lists.setdefault(customer, []).append((product_code, score))
    return lists


def _model_lists(
    release: Path, names: Sequence[str], product_codes: Sequence[str]
) -> dict[str, list[tuple[str, float]]]:
    """Lists by pseudonym from ``model.onnx``, asked as serving asks it."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    with reading(ONNX_MODEL):
        session = onnxruntime.InferenceSession(
            str(release / ONNX_MODEL), options, providers=["CPUExecutionProvider"]
        )
    customers = Customers.read(release)
    known = [name for name in names if name in customers]
    lists: dict[str, list[tuple[str, float]]] = {}
    for start in range(0, len(known), 256):
        chunk = known[start : start + 256]
        batch = [customers[name] for name in chunk]
        inputs: dict[str, npt.NDArray[Any]] = {
            "history": np.stack([customer.history for customer in batch]),
            "weights": np.stack([customer.weights for customer in batch]),
            "user": np.stack([customer.user for customer in batch]),
        }
        products, scores = session.run(["items", "scores"], inputs)
        rows = np.repeat(np.arange(len(products)), products.shape[1])
        order = grouped_order(scores.ravel(), products.ravel(), rows)
        products, scores = (array.ravel()[order].reshape(products.shape) for array in (products, scores))
        for name, numbers, values in zip(chunk, products.tolist(), scores.tolist(), strict=True):
            codes = [product_codes[number - 1] for number in numbers]
            lists[name] = list(zip(codes, values, strict=True))
    return lists
