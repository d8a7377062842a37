"""The examples of one epoch as they were drawn, without padding."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class RaggedArray:
    """A list of products for each row, one after the other: row r has ``items[splits[r]:splits[r + 1]]``."""

    items: Ints
    splits: Ints

    @classmethod
    def of(cls, rows: npt.NDArray[np.int64], items: Ints, count: int) -> RaggedArray:
        """From the row and the product of each entry, rows ascending."""
        lengths = np.bincount(rows, minlength=count)
        return cls(items, np.append(0, np.cumsum(lengths)).astype(np.int32))

    @property
    def rows(self) -> npt.NDArray[np.int64]:
        """The row of each entry."""
        return np.repeat(np.arange(len(self.splits) - 1), np.diff(self.splits))

    @property
    def places(self) -> npt.NDArray[np.int64]:
        """The place of each entry in its row, from 0."""
        return np.arange(len(self.items)) - np.repeat(self.splits[:-1], np.diff(self.splits))

    def padded(self, length: int, values: npt.NDArray[np.generic] | None = None) -> npt.NDArray[np.generic]:
        """[rows, length], zeros after each list: the products, or a value of each."""
        of = self.items if values is None else values
        out = np.zeros((len(self.splits) - 1, length), of.dtype)
        out[self.rows, self.places] = of
        return out


@dataclass(frozen=True)
class EpochExamples:
    """One epoch.

    ``history`` are the products known of each customer, those with most weight first, with their ``weights``;
    ``told`` what was told of the basket, ``targets`` what is to predict; ``user`` float32 [rows, U];
    ``weight`` float32 [rows], 0 for the rows that fill up the last step.
    """

    history: RaggedArray
    weights: Floats
    told: RaggedArray
    targets: RaggedArray
    user: Floats
    weight: Floats

    @classmethod
    def nothing(cls, users: int) -> EpochExamples:
        """No example; tells the shapes. ``users`` is U."""
        none = RaggedArray(np.zeros(0, np.int32), np.zeros(1, np.int32))
        empty = np.zeros(0, np.float32)
        return cls(none, empty, none, none, np.zeros((0, users), np.float32), empty)

    def padded(self, length: int, targets: int) -> dict[str, npt.NDArray[np.generic]]:
        """All six by name: the lists [rows, length], ``targets`` [rows, targets]."""
        return {
            "history": self.history.padded(length),
            "weights": self.history.padded(length, self.weights),
            "user": self.user,
            "told": self.told.padded(length),
            "targets": self.targets.padded(targets),
            "weight": self.weight,
        }
