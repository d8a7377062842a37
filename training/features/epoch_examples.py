"""Examples of an epoch as they were drawn, without padding."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class RaggedArray:
    """The lists of products of all rows, one after the other: row r is ``products[splits[r]:splits[r +
    1]]``."""

    products: Ints
    splits: Ints

    @classmethod
    def from_rows(cls, rows: npt.NDArray[np.int64], products: Ints, row_count: int) -> RaggedArray:
        """Build it from the row and the product of each entry, rows ascending."""
        lengths = np.bincount(rows, minlength=row_count)
        return cls(products, np.append(0, np.cumsum(lengths)).astype(np.int32))

    @property
    def rows(self) -> npt.NDArray[np.int64]:
        """The row of each entry."""
        return np.repeat(np.arange(len(self.splits) - 1), np.diff(self.splits))

    @property
    def places(self) -> npt.NDArray[np.int64]:
        """The place of each entry in its row, from 0."""
        return np.arange(len(self.products)) - np.repeat(self.splits[:-1], np.diff(self.splits))

    def padded(self, length: int, values: npt.NDArray[np.generic] | None = None) -> npt.NDArray[np.generic]:
        """[rows, length], zeros after each list: the products, or a value of each."""
        source = self.products if values is None else values
        padded = np.zeros((len(self.splits) - 1, length), source.dtype)
        padded[self.rows, self.places] = source
        return padded


@dataclass(frozen=True)
class EpochExamples:
    """A worker's examples of a part of an epoch, step by step.

    Attributes:
        history: products that each customer is known to have bought, those with most ``weights`` first.
        weights: of each of these.
        revealed: the part of the basket that the model is shown.
        targets: the part that it predicts.
        user: float32 [rows, U].
        weight: float32 [rows]; the last row is no example and has 0, so that no array is empty.
        splits: int64 [steps + 1]; the rows of step k are ``splits[k]:splits[k + 1]``.
        chance: float64 [rows], from 0 to 1, drawn for each example.
        popularity: int64 [products + 1], baskets of all customers with each product.
    """

    history: RaggedArray
    weights: Floats
    revealed: RaggedArray
    targets: RaggedArray
    user: Floats
    weight: Floats
    splits: npt.NDArray[np.int64]
    chance: npt.NDArray[np.float64]
    popularity: npt.NDArray[np.int64]

    @property
    def steps(self) -> int:
        """Steps of the part."""
        return len(self.splits) - 1

    @classmethod
    def empty(cls, user_width: int, products: int) -> EpochExamples:
        """A part without examples, in the shapes of one with them."""
        no_products = RaggedArray(np.zeros(0, np.int32), np.zeros(2, np.int32))
        return cls(
            history=no_products,
            weights=np.zeros(0, np.float32),
            revealed=no_products,
            targets=no_products,
            user=np.zeros((1, user_width), np.float32),
            weight=np.zeros(1, np.float32),
            splits=np.zeros(2, np.int64),
            chance=np.zeros(1),
            popularity=np.zeros(products + 1, np.int64),
        )

    def padded(self, length: int, targets: int) -> dict[str, npt.NDArray[np.generic]]:
        """What the model sees, by name: the lists [rows, length], ``targets`` [rows, targets]."""
        return {
            "history": self.history.padded(length),
            "weights": self.history.padded(length, self.weights),
            "user": self.user,
            "revealed": self.revealed.padded(length),
            "targets": self.targets.padded(targets),
            "weight": self.weight,
        }
