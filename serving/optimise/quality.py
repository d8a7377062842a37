"""How far a variant's answers are from the original's, and what that costs in recall."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from serving.optimise.errors import NotMade
from serving.optimise.stages import Answer

TOP = 20
NORMAL = 1.959964
"""Standard errors to both sides of a mean that hold 95 % of a normal distribution."""


@dataclass(frozen=True)
class Quality:
    """A variant beside the original on the same customers.

    Attributes:
        largest_difference: of two scores of one product, over the products that both answers hold.
        mean_difference: the same, its mean.
        recall: recall@20 by what customers bought later; without such orders the share of the original's 20
            products that are among the variant's.
        loss: share of the original's recall that is lost; below 0 where some is gained.
        loss_interval: 95 %, normal, of the differences by customer.
    """

    largest_difference: float
    mean_difference: float
    recall: float
    loss: float
    loss_interval: tuple[float, float]


def quality(
    original: Sequence[Answer], variant: Sequence[Answer], bought: Sequence[set[int]] | None
) -> Quality:
    """Compare the answers to the same questions.

    Args:
        original: the products of each customer, and their scores.
        variant: the same of the variant.
        bought: numbers of the products that each customer bought later, none of them empty; None where
            that is not known.

    Raises:
        NotMade: when the variant's scores are no numbers, or it names no product that the original does.
    """
    if not all(np.isfinite(scores).all() for _, scores in variant):
        raise NotMade("its scores are not all numbers")
    differences = [np.empty(0)]
    for (products, scores), (others, other_scores) in zip(original, variant, strict=True):
        _, here, there = np.intersect1d(products, others, return_indices=True)
        differences.append(np.abs(scores[here].astype(np.float64) - other_scores[there]))
    apart = np.concatenate(differences)
    if not len(apart):
        raise NotMade("it names no product that the original names")
    wanted = bought if bought is not None else [set(products[:TOP].tolist()) for products, _ in original]
    before, after = _recalls(original, wanted), _recalls(variant, wanted)
    whole = float(before.mean())
    lost = (before - after) / whole if whole else np.zeros(len(before))
    error = float(lost.std(ddof=1) / np.sqrt(len(lost))) if len(lost) > 1 else 0.0
    loss = float(lost.mean())
    return Quality(
        largest_difference=float(apart.max()),
        mean_difference=float(apart.mean()),
        recall=float(after.mean()),
        loss=loss,
        loss_interval=(loss - NORMAL * error, loss + NORMAL * error),
    )


def _recalls(answers: Sequence[Answer], wanted: Sequence[set[int]]) -> npt.NDArray[np.float64]:
    """recall@20 of each customer, as ``training.validation.metrics`` has it."""
    return np.array(
        [
            len(products_wanted & set(products[:TOP].tolist())) / min(TOP, len(products_wanted))
            for (products, _), products_wanted in zip(answers, wanted, strict=True)
        ]
    )


def numbers_bought(
    customers: Sequence[str], codes: Mapping[str, int], bought: Mapping[str, set[str]]
) -> dict[int, set[int]]:
    """Place of a customer -> numbers of the products bought; only of those who bought something known."""
    found = {
        row: {codes[code] for code in bought.get(customer, ()) if code in codes}
        for row, customer in enumerate(customers)
    }
    return {row: products for row, products in found.items() if products}
