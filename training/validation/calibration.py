"""Whether the probabilities of a release come true as often as they say.

It looks at the products that are recommended (the first 20 of each customer): pairs of customer and product.
Bins hold equally many pairs, since most probabilities are small (Nixon et al., Measuring Calibration in Deep
Learning, CVPR Workshops 2019); the error is the mean |told - happened| over bins, weighed by what is in them
(Naeini, Cooper and Hauskrecht, AAAI 2015). Brier, Monthly Weather Review 78(1), 1950, is the mean square.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from training.scorers.limits import blocks
from training.validation.bootstrap import LEVEL, ROUNDS, SEED

Numbers = npt.NDArray[Any]
BINS = 10


@dataclass(frozen=True)
class Bin:
    """Pairs of about one probability: its mean, and the share that was bought with its 95 % interval."""

    told: float
    happened: float
    low: float
    high: float
    pairs: int


@dataclass(frozen=True)
class Calibration:
    """Probabilities against what happened.

    Attributes:
        error: expected calibration error, from 0.
        brier: mean square of probability - (1 where bought, else 0), from 0 to 1.
        told: mean probability.
        happened: share of the pairs that was bought.
        happened_interval: its 95 % interval.
        bins: groups of pairs, by rising probability.
        horizon_days: days that the probabilities speak of; None where the release does not say.
    """

    error: float
    brier: float
    told: float
    happened: float
    bins: tuple[Bin, ...]
    happened_interval: tuple[float, float] = (0.0, 0.0)
    horizon_days: int | None = None

    def as_plain(self) -> dict[str, Any]:
        """As JSON values."""
        return asdict(self)


def calibration(
    probabilities: Sequence[Sequence[float]],
    happened: Sequence[Sequence[bool]],
    bins: int = BINS,
    horizon_days: int | None = None,
) -> Calibration | None:
    """Compare probabilities with what happened, customer by customer; None without any pair.

    The intervals resample customers, not pairs: the products of one customer come and stay away together.

    Args:
        probabilities: from 0 to 1, by customer.
        happened: the same shape.
        bins: at most this many; equal probabilities are never divided.
        horizon_days: that of ``Calibration``.
    """
    probability = np.array([value for line in probabilities for value in line], float)
    bought = np.array([value for line in happened for value in line], float)
    if not len(probability):
        return None
    customer = np.repeat(np.arange(len(probabilities)), [len(line) for line in probabilities])
    edges = np.unique(np.quantile(probability, np.linspace(0, 1, bins + 1)[1:-1]))
    bin_of = np.searchsorted(edges, probability, side="right")
    present = np.unique(bin_of)
    bin_of, number = np.searchsorted(present, bin_of), len(present)
    pairs = np.bincount(bin_of, minlength=number)
    means = np.bincount(bin_of, weights=probability, minlength=number) / pairs
    shares = np.bincount(bin_of, weights=bought, minlength=number) / pairs
    low, high = _intervals(customer, bin_of, bought, len(probabilities), number)
    ((low_mean,), (high_mean,)) = _intervals(customer, np.zeros_like(bin_of), bought, len(probabilities), 1)
    return Calibration(
        error=float(np.abs(means - shares) @ pairs / len(probability)),
        brier=float(((probability - bought) ** 2).mean()),
        told=float(probability.mean()),
        happened=float(bought.mean()),
        bins=tuple(
            Bin(float(means[n]), float(shares[n]), float(low[n]), float(high[n]), int(pairs[n]))
            for n in range(number)
        ),
        happened_interval=(float(low_mean), float(high_mean)),
        horizon_days=horizon_days,
    )


def _intervals(
    customer: Numbers, bin_of: Numbers, bought: Numbers, customers: int, bins: int
) -> tuple[Numbers, Numbers]:
    """95 % of each bin's share over customers drawn with replacement, float64 [bins] each."""
    counts, hits = np.zeros((customers, bins)), np.zeros((customers, bins))
    np.add.at(counts, (customer, bin_of), 1)
    np.add.at(hits, (customer, bin_of), bought)
    random, shares = np.random.default_rng(SEED), np.full((ROUNDS, bins), np.nan)
    for part in blocks(ROUNDS, 3 * 8 * customers):
        equal = np.full(customers, 1 / customers)
        drawn = random.multinomial(customers, equal, part.stop - part.start).astype(float)
        # A round that drew no pair of a bin says nothing of it.
        drawn_pairs = drawn @ counts
        np.divide(drawn @ hits, drawn_pairs, out=shares[part], where=drawn_pairs > 0)
    low, high = np.nanquantile(shares, [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=0)
    return low, high
