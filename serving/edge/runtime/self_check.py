"""Questions that a bundle brings with the answers of the machine that packed it.

The questions are made of popular products, never of customers: nothing of a customer is in a bundle. Another
processor adds up in another order, and int8 rounds elsewhere, so scores may differ by a share of the highest.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np

from serving.edge.runtime.bundle import Bundle
from serving.edge.runtime.errors import BundleRefused
from serving.edge.runtime.features import inputs_of
from serving.edge.runtime.manifest import SELF_CHECK, Precision
from serving.edge.runtime.recommender import EdgeRecommender

TOLERANCE: dict[Precision, float] = {"float": 1e-3, "int8": 0.05}
"""Of the highest score of a question. Chosen wide: nobody has measured how far two processors differ."""
_BEST = 10
_DAY = date(2011, 9, 1)
"""On which the questions are asked, whatever the day: answers must not change with it."""


def questions(popular: Sequence[int]) -> list[list[tuple[int, int]]]:
    """Purchases (place, days ago) of some made-up customers."""
    best = list(popular)
    return [
        [(best[0], 1)],
        [(place, 7 * number + 1) for number, place in enumerate(best[:5])],
        [(place, 30) for place in best[2:10]] + [(place, 3) for place in best[2:6]],
    ]


def answers(recommender: EdgeRecommender) -> list[dict[str, Any]]:
    """The best products and their scores for every question, as ``self_check.json`` keeps them."""
    found = []
    for purchases in questions(recommender.popular.tolist()):
        scores = recommender.scores(inputs_of(purchases, _DAY, recommender.manifest))
        best = np.argsort(-scores, kind="stable")[: min(_BEST, len(scores) - 1)]
        found.append({recommender.codes[place]: float(scores[place]) for place in best})
    return found


def check(recommender: EdgeRecommender, bundle: Bundle) -> None:
    """Ask a bundle its own questions. Raises BundleRefused where an answer is another one."""
    try:
        kept = bundle.json(SELF_CHECK)[recommender.precision]
        asked = questions(recommender.popular.tolist())
        for number, (purchases, expected) in enumerate(zip(asked, kept, strict=True), 1):
            scores = recommender.scores(inputs_of(purchases, _DAY, recommender.manifest))
            highest = max(abs(score) for score in expected.values())
            off = max(
                abs(float(scores[recommender.places[code]]) - score) for code, score in expected.items()
            )
            if not off <= TOLERANCE[recommender.precision] * highest:
                raise BundleRefused(
                    f"{bundle.name} answers question {number} of its self-check otherwise than where it was "
                    f"packed (a score is off by {off:.3g} of {highest:.3g}); pack it again"
                )
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise BundleRefused(
            f"{bundle.name}: {SELF_CHECK} does not fit its products ({error}); pack it again"
        ) from None


def loaded(bundle: Bundle, precision: Precision | None = None) -> EdgeRecommender:
    """A bundle, loaded, that answers its own questions as when it was packed. Raises BundleRefused."""
    recommender = EdgeRecommender(bundle, precision)
    check(recommender, bundle)
    return recommender
