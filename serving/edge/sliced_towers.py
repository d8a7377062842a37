"""The towers of a release for some of its products: vectors in int8, and customers as a device sees them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from training.release import Customers
from training.release.export.litert_file import DeviceTowers

_LARGEST = 127


@dataclass(frozen=True)
class SlicedTowers:
    """A release's towers, with the products that a bundle holds.

    Attributes:
        towers: with the vectors that a device has: those of int8, times their scales.
        indices: of the products in the release, by their place in the bundle; the first is padding, 0.
        vectors: int8 [P + 1, D], by place.
        scales: float32 [P + 1]: a vector is its int8 numbers times its scale.
        bias: float32 [P + 1].
    """

    towers: DeviceTowers
    indices: npt.NDArray[np.int64]
    vectors: npt.NDArray[np.int8]
    scales: npt.NDArray[np.float32]
    bias: npt.NDArray[np.float32]

    @classmethod
    def of(cls, towers: DeviceTowers, indices: list[int]) -> SlicedTowers:
        """Quantise each product's vector by its own largest number."""
        largest = np.abs(towers.vectors).max(axis=1)
        scales = np.where(largest > 0, largest / _LARGEST, 1).astype(np.float32)
        whole = np.rint(towers.vectors / scales[:, None]).astype(np.int8)
        again = whole.astype(np.float32) * scales[:, None]
        held = np.array([0, *indices], np.int64)
        return cls(replace(towers, vectors=again), held, whole[held], scales[held], towers.bias[held])

    def cut(self, customers: Customers, rows: npt.NDArray[np.int64]) -> dict[str, npt.NDArray[Any]]:
        """The model's inputs of some customers, without what they bought that the bundle does not hold."""
        history = customers.history[rows]
        held = np.isin(history, self.indices)
        return {
            "history": np.where(held, history, 0).astype(np.int32),
            "weights": np.where(held, customers.weights[rows], 0).astype(np.float32),
            "user": customers.user[rows],
        }

    def places(self, history: npt.NDArray[np.int32]) -> npt.NDArray[np.int32]:
        """Indices of the release -> places of the bundle."""
        return np.searchsorted(self.indices, history).astype(np.int32)


def spread(count: int, most: int) -> npt.NDArray[np.int64]:
    """Up to ``most`` rows, evenly over ``count``."""
    return np.linspace(0, count - 1, min(most, count)).astype(np.int64)
