"""Features to about normal: a quantile map per feature."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from training.ranking.history_snapshot import Floats

KNOTS = 121
LOGIT_REACH = 6.5
SHARES = 1 / (1 + np.exp(-np.linspace(-LOGIT_REACH, LOGIT_REACH, KNOTS)))


def _normal_quantile(share: NDArray[np.float64]) -> NDArray[np.float64]:
    """Pólya's approximation: sign(p - 1/2) sqrt(-pi/2 log(4 p (1 - p)))."""
    quantile: NDArray[np.float64] = np.sign(share - 0.5) * np.sqrt(
        np.maximum(0, -np.pi / 2 * np.log(4 * share * (1 - share)))
    )
    return quantile


NORMAL = _normal_quantile(SHARES)


@dataclass(frozen=True)
class Normaliser:
    """Piecewise linear from the quantiles of a sample to the normal ones, then mean 0 and deviation 1.

    Missing values, and features that are constant in the sample, become 0.

    Attributes:
        at: features x KNOTS, increasing; padded with the last.
        to: features x KNOTS.
        knots: how many knots of each feature are no padding.
    """

    at: NDArray[np.float64]
    to: NDArray[np.float64]
    knots: NDArray[np.int64]

    @staticmethod
    def fit(sample: Floats) -> Normaliser:
        """Fit the map to a sample, rows x features."""
        features = sample.shape[1]
        at, to = np.zeros((features, KNOTS)), np.zeros((features, KNOTS))
        knots = np.ones(features, np.int64)
        for number in range(features):
            column = sample[:, number]
            column = column[~np.isnan(column)]
            if not len(column):
                continue
            quantiles = np.quantile(column, SHARES)
            unique, first = np.unique(quantiles, return_index=True)
            _, from_end = np.unique(quantiles[::-1], return_index=True)
            # A value that fills several quantiles is mapped to the middle of them.
            normal = (NORMAL[first] + NORMAL[KNOTS - 1 - from_end]) / 2
            mapped = np.interp(column[::7], unique, normal)
            count = knots[number] = len(unique)
            at[number, :count], at[number, count:] = unique, unique[-1]
            to[number, :count] = (normal - mapped.mean()) / (mapped.std() + 1e-3)
            to[number, count:] = to[number, count - 1]
        return Normaliser(at, to, knots)

    def __call__(self, values: Floats) -> Floats:
        """Rows x features, another array of the same shape."""
        normalised = np.zeros(values.shape, np.float32)
        for number, count in enumerate(self.knots):
            if count > 1:
                column = values[:, number]
                mapped = np.interp(column, self.at[number, :count], self.to[number, :count])
                normalised[:, number] = np.where(np.isnan(column), 0, mapped)
        return normalised

    def save(self, path: Path) -> None:
        np.savez_compressed(path, at=self.at, to=self.to, knots=self.knots)

    @staticmethod
    def load(path: Path) -> Normaliser:
        with np.load(path) as stored:
            return Normaliser(stored["at"], stored["to"], stored["knots"])
