"""The answers of one way of asking, beside what they must be, and the tolerance that is held or not."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from training.ties import TIE, best_columns

TOP = 20
Array = npt.NDArray[Any]
Answer = tuple[Array, Array]
"""Numbers of products and their scores, the best first."""


@dataclass(frozen=True)
class Tolerance:
    """What a way of asking may lose.

    Attributes:
        overlap: least mean share, over the customers, of its 20 products that are the reference's best 20.
        difference: most of a score, as a share of the customer's largest score.
    """

    overlap: float
    difference: float

    def __str__(self) -> str:
        return f"{self.overlap:.0%}, {self.difference:.0e}"


EXACT = Tolerance(overlap=1, difference=1e-5)
"""The same float32 numbers, added up in another order; products whose scores tie are one to it."""
DEVICE_FLOAT = Tolerance(overlap=0.98, difference=0.05)
"""Products' vectors in int8."""
DEVICE_INT8 = Tolerance(overlap=0.97, difference=0.08)
"""Vectors and the tower's weights in int8."""


@dataclass(frozen=True)
class Row:
    """One way of asking.

    Attributes:
        way: of asking.
        reference: what it is held beside.
        customers: how many were asked for.
        overlap: mean share of its 20 products that are the reference's best 20.
        least_overlap: that of the customer for whom it is least.
        others: customers for whom one product or more is another one.
        difference: largest of a score, as a share of the customer's largest score.
        mean_difference: mean over the same scores.
        tolerance: what may be lost.
    """

    way: str
    reference: str
    customers: int
    overlap: float
    least_overlap: float
    others: int
    difference: float
    mean_difference: float
    tolerance: Tolerance

    @property
    def held(self) -> bool:
        """Whether it is within its tolerance; a score that is no number is not."""
        return self.overlap >= self.tolerance.overlap and self.difference <= self.tolerance.difference


def beside(
    way: str, reference: str, exact: Iterable[Array], answers: Iterable[Answer], tolerance: Tolerance
) -> Row:
    """Hold answers beside a reference.

    Args:
        way: its name.
        reference: the name of what is exact.
        exact: of each customer the scores of all products, by number; -inf for what cannot be answered.
        answers: of each customer, 20 products at least where there are so many.
        tolerance: what may be lost.
    """
    overlaps, largest, means = [], [], []
    for scores, (products, said) in zip(exact, answers, strict=True):
        wanted = scores.astype(np.float64)
        k = min(TOP, int(np.isfinite(wanted).sum()))
        last = wanted[best_columns(wanted[None], k)[0]].min()
        # What ties with the last of the best 20 may stand in its place.
        among = wanted[products[:k]] >= last - TIE * abs(last)
        overlaps.append(float(among.sum()) / k)
        highest = max(float(np.abs(wanted[np.isfinite(wanted)]).max()), 1e-9)
        apart = np.abs(wanted[products] - said) / highest
        largest.append(float(apart.max()))
        means.append(float(apart.mean()))
    found = np.array(overlaps)
    return Row(
        way=way,
        reference=reference,
        customers=len(found),
        overlap=float(found.mean()),
        least_overlap=float(found.min()),
        others=int((found < 1).sum()),
        # Not the largest of them: that passes over what is no number.
        difference=float(np.max(largest)),
        mean_difference=float(np.mean(means)),
        tolerance=tolerance,
    )
