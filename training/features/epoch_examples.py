"""The examples of one epoch as they were drawn, without padding."""

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
    """One epoch.

    ``history`` holds the products that each customer is known to have bought, those with most ``weights``
    first. ``revealed`` is the part of the basket that the model is shown, ``targets`` the part that it
    predicts. ``user`` is float32 [rows, U]; ``weight`` is float32 [rows], 0 for the rows that fill up the
    last step.
    """

    history: RaggedArray
    weights: Floats
    revealed: RaggedArray
    targets: RaggedArray
    user: Floats
    weight: Floats

    @classmethod
    def empty(cls, user_width: int) -> EpochExamples:
        """An epoch without examples, in the shapes of one with them."""
        no_products = RaggedArray(np.zeros(0, np.int32), np.zeros(1, np.int32))
        no_weights = np.zeros(0, np.float32)
        user = np.zeros((0, user_width), np.float32)
        return cls(no_products, no_weights, no_products, no_products, user, no_weights)

    def padded(self, length: int, targets: int) -> dict[str, npt.NDArray[np.generic]]:
        """All six by name: the lists [rows, length], ``targets`` [rows, targets]."""
        return {
            "history": self.history.padded(length),
            "weights": self.history.padded(length, self.weights),
            "user": self.user,
            "revealed": self.revealed.padded(length),
            "targets": self.targets.padded(targets),
            "weight": self.weight,
        }
