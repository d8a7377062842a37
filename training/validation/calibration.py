"""Whether what a release tells as a probability comes true as often as it says.

Looked at are the products it recommends (the first 20 of each customer): pairs of a customer and a product.
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
        bins: by rising probability.
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
        horizon_days: as in ``Calibration``.
    """
    told = np.array([one for line in probabilities for one in line], float)
    seen = np.array([one for line in happened for one in line], float)
    if not len(told):
        return None
    customer = np.repeat(np.arange(len(probabilities)), [len(line) for line in probabilities])
    edges = np.unique(np.quantile(told, np.linspace(0, 1, bins + 1)[1:-1]))
    place = np.searchsorted(edges, told, side="right")
    present = np.unique(place)
    place, number = np.searchsorted(present, place), len(present)
    pairs = np.bincount(place, minlength=number)
    means = np.bincount(place, weights=told, minlength=number) / pairs
    shares = np.bincount(place, weights=seen, minlength=number) / pairs
    low, high = _intervals(customer, place, seen, len(probabilities), number)
    ((least,), (most,)) = _intervals(customer, np.zeros_like(place), seen, len(probabilities), 1)
    return Calibration(
        error=float(np.abs(means - shares) @ pairs / len(told)),
        brier=float(((told - seen) ** 2).mean()),
        told=float(told.mean()),
        happened=float(seen.mean()),
        bins=tuple(
            Bin(float(means[n]), float(shares[n]), float(low[n]), float(high[n]), int(pairs[n]))
            for n in range(number)
        ),
        happened_interval=(float(least), float(most)),
        horizon_days=horizon_days,
    )


def _intervals(
    customer: Numbers, place: Numbers, seen: Numbers, customers: int, bins: int
) -> tuple[Numbers, Numbers]:
    """95 % of each bin's share over customers drawn with replacement, float64 [bins] each."""
    counts, hits = np.zeros((customers, bins)), np.zeros((customers, bins))
    np.add.at(counts, (customer, place), 1)
    np.add.at(hits, (customer, place), seen)
    drawn = np.random.default_rng(SEED).multinomial(customers, np.full(customers, 1 / customers), ROUNDS)
    # Nothing drawn of a bin says nothing of it.
    given = drawn @ counts
    shares = np.divide(drawn @ hits, given, out=np.full(given.shape, np.nan), where=given > 0)
    low, high = np.nanquantile(shares, [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=0)
    return low, high
