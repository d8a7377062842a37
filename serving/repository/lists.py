"""What a release says of each customer without a question, in the order of the answer.

The ranker's scores are the shortlist's own where it has them. Those of a ranker that was optimised, or of a
release that is older than such scores, are computed here, once, as are the towers' answers for customers
without a shortlist: all of it depends on the release alone.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from serving.repository.tables import bought_by, product_numbers, text_array
from training.release import ONNX_MODEL, RANKER_MODEL, Customers, Product, Shortlist
from training.ties import grouped_order

AT_ONCE = 64
"""Customers whom the towers answer in one run."""


@dataclass(frozen=True)
class Lists:
    """The lists of all customers, below each other.

    Attributes:
        names: pseudonyms, bytes, sorted.
        start: int64 [customers + 1], where a customer's products begin.
        product: int32 [rows], numbers as in the repository.
        score: float32 [rows].
        owned: bool [rows], the customer had bought it before.
        ranked: bool [customers], the scores are the ranker's; else the towers'.
        seconds: what was computed here -> what it took.
    """

    names: npt.NDArray[np.bytes_]
    start: npt.NDArray[np.int64]
    product: npt.NDArray[np.int32]
    score: npt.NDArray[np.float32]
    owned: npt.NDArray[np.bool_]
    ranked: npt.NDArray[np.bool_]
    seconds: Mapping[str, float]


def lists_of(
    customers: Customers,
    products: list[Product],
    shortlist: Shortlist | None,
    models: Path,
    own_ranker: bool,
) -> Lists:
    """The lists of a release.

    Args:
        customers: those of the release.
        products: those of the release.
        shortlist: of its ranking stage; None where it has none.
        models: folder of ``model.onnx`` and ``ranker.onnx``.
        own_ranker: whether that ranker is the one that the shortlist was scored by.
    """
    seconds: dict[str, float] = {}
    ranked = set() if shortlist is None else _with_list(shortlist)
    names = text_array(sorted({*customers, *ranked}))
    row = {name: place for place, name in enumerate(names.tolist())}
    parts: list[tuple[npt.NDArray[Any], ...]] = []
    if shortlist is not None:
        scores = shortlist.scores
        if scores is None or not own_ranker:
            scores = _timed("ranker", seconds, lambda: ranker_scores(models / RANKER_MODEL, shortlist))
        numbers, _ = product_numbers(shortlist.codes, products)
        of_customer = [row.get(name, -1) for name in shortlist.customers.tolist()]
        rows = np.repeat(of_customer, np.diff(shortlist.start))
        # A shortlist is in the order of product codes, which decides ties.
        order = grouped_order(scores, np.arange(len(scores)), rows)
        parts.append((rows[order], numbers[shortlist.product][order], scores[order], shortlist.owned[order]))
    without = [name for name in customers if name not in ranked]
    if without:
        found = _timed("two_tower", seconds, lambda: tower_lists(models / ONNX_MODEL, customers, without))
        place, product, score = found
        order = grouped_order(score, product, place)
        place, product, score = place[order], product[order], score[order]
        owned = np.zeros(len(product), np.bool_)
        for number, name in enumerate(without):
            part = slice(*np.searchsorted(place, [number, number + 1]).tolist())
            owned[part] = np.isin(product[part], bought_by(customers[name]))
        rows = np.array([row[name.encode()] for name in without], np.int64)[place]
        parts.append((rows, product, score, owned))
    nothing = (np.zeros(0, np.int64),) * 4
    rows, product, score, owned = (np.concatenate(part) for part in zip(nothing, *parts, strict=True))
    order = np.argsort(rows, kind="stable")
    return Lists(
        names=names,
        start=np.searchsorted(rows[order], np.arange(len(names) + 1)).astype(np.int64),
        product=product[order].astype(np.int32),
        score=score[order].astype(np.float32),
        owned=owned[order].astype(np.bool_),
        ranked=np.array([name.decode() in ranked for name in names.tolist()], np.bool_),
        seconds=seconds,
    )


def ranker_scores(model: Path, shortlist: Shortlist) -> npt.NDArray[np.float32]:
    """The ranker's scores of a shortlist, float32 [rows]; one customer a run.

    A model with dynamic ranges scores a product by what else is in the run: by the other products of the
    customer, so, and by nobody else's.
    """
    session = _opened(model)
    scores = np.zeros(len(shortlist.product), np.float32)
    for start, end in zip(shortlist.start[:-1].tolist(), shortlist.start[1:].tolist(), strict=True):
        if end > start:
            features = shortlist.features[None, start:end].astype(np.float32)
            scores[start:end] = session.run(["scores"], {"features": features})[0][0]
    return scores


def tower_lists(model: Path, customers: Customers, names: list[str]) -> tuple[npt.NDArray[Any], ...]:
    """What the towers answer: place in ``names``, product and score, one row a product."""
    session = _opened(model)
    inputs = [tensor.name for tensor in session.get_inputs()]
    place = {name: number for number, name in enumerate(customers)}
    rows = np.array([place[name] for name in names])
    items, scores = [], []
    for start in range(0, len(rows), AT_ONCE):
        part = rows[start : start + AT_ONCE]
        found = session.run(["items", "scores"], {name: getattr(customers, name)[part] for name in inputs})
        items.append(found[0])
        scores.append(found[1])
    product, score = np.concatenate(items), np.concatenate(scores)
    listed = product > 0
    return np.nonzero(listed)[0], product[listed], score[listed]


def _with_list(shortlist: Shortlist) -> set[str]:
    names, lengths = shortlist.customers.tolist(), np.diff(shortlist.start).tolist()
    return {name.decode() for name, length in zip(names, lengths, strict=True) if length}


def _timed(what: str, seconds: dict[str, float], work: Callable[[], Any]) -> Any:
    started = time.monotonic()
    result = work()
    seconds[what] = round(time.monotonic() - started, 2)
    return result


def _opened(model: Path) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
