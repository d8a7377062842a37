"""The models of a release that answer, with the questions that its own customers ask of them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from training.release import ONNX_MODEL, RANKER_MODEL, Customers, Shortlist, read_products
from training.ties import grouped_order

Array = npt.NDArray[Any]
Feeds = dict[str, Array]
Answer = tuple[Array, Array]
"""Numbers of products and their scores, the best first."""


class Stage(ABC):
    """One model of a release.

    Attributes:
        name: as Triton's repository calls it.
        file: of the release.
        outputs: what it is asked for.
        customers: pseudonyms of those who can ask.
        numbers: product code -> number of the product in this model's answers.
    """

    name: str
    file: str
    outputs: tuple[str, ...]
    customers: list[str]
    numbers: dict[str, int]

    @abstractmethod
    def feeds(self, rows: Sequence[int]) -> Feeds:
        """The inputs for some customers, by their places in ``customers``."""

    @abstractmethod
    def answers(self, rows: Sequence[int], outputs: Sequence[Array]) -> list[Answer]:
        """The answer of each of these customers, all that the model ranks."""


class Towers(Stage):
    """``model.onnx``: history -> the best products of all."""

    name, file, outputs = "two_tower", ONNX_MODEL, ("items", "scores")

    def __init__(self, release: Path) -> None:
        """Read the customers and products of a release."""
        self._customers = Customers.read(release)
        self.customers = list(self._customers)
        self.numbers = {product.product_code: product.index for product in read_products(release)}

    def feeds(self, rows: Sequence[int]) -> Feeds:
        return {name: getattr(self._customers, name)[list(rows)] for name in ("history", "weights", "user")}

    def answers(self, rows: Sequence[int], outputs: Sequence[Array]) -> list[Answer]:  # noqa: ARG002
        return [_ordered(products, scores) for products, scores in zip(*outputs, strict=True)]


class Ranker(Stage):
    """``ranker.onnx``: features of the products of a shortlist -> how probable each is."""

    name, file, outputs = "ranker", RANKER_MODEL, ("scores",)

    def __init__(self, shortlist: Shortlist) -> None:
        """Take the shortlist of a release."""
        self._shortlist = shortlist
        self.customers = [name.decode() for name in shortlist.customers.tolist()]
        self.numbers = {code.decode(): number for number, code in enumerate(shortlist.codes.tolist())}

    def feeds(self, rows: Sequence[int]) -> Feeds:
        """Padded to the longest list of all, as serving does."""
        table = self._shortlist
        features = np.zeros((len(rows), table.longest, table.features.shape[1]), np.float32)
        for line, part in enumerate(self._parts(rows)):
            features[line, : part.stop - part.start] = table.features[part]
        return {"features": features}

    def answers(self, rows: Sequence[int], outputs: Sequence[Array]) -> list[Answer]:
        products = self._shortlist.product
        return [
            _ordered(products[part], scores[: part.stop - part.start])
            for part, scores in zip(self._parts(rows), outputs[0], strict=True)
        ]

    def _parts(self, rows: Sequence[int]) -> list[slice]:
        start = self._shortlist.start
        return [slice(int(start[row]), int(start[row + 1])) for row in rows]


def stages_of(release: Path) -> list[Stage]:
    """The stages of a release that was verified: the towers, and the ranker where there is one."""
    shortlist = Shortlist.read(release)
    return [Towers(release), *([Ranker(shortlist)] if shortlist is not None else [])]


def _ordered(products: Array, scores: Array) -> Answer:
    order = grouped_order(scores, products, np.zeros(len(scores), np.int8))
    return products[order], scores[order]
