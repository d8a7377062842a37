"""What the model knows of a customer at the start of a day: the inputs of the user tower."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from training.features.baskets import Purchases

USER_FEATURES = 6
TIME_FEATURES = 4
_MONDAY = 4
"""1970-01-01, day 0, was a Thursday; day 4 was the first Monday."""


@dataclass(frozen=True)
class CustomerFeatures:
    """The three inputs of the model for one customer: int32 [H], float32 [H], float32 [U]."""

    history: npt.NDArray[np.int32]
    weights: npt.NDArray[np.float32]
    user: npt.NDArray[np.float32]


def user_width(time: bool) -> int:
    """U, the number of user features."""
    return USER_FEATURES + TIME_FEATURES * time


def features_at(
    known: Purchases, day: int, length: int, half_life_days: float, time: bool = False
) -> CustomerFeatures:
    """Features at the start of ``day``, from purchases before it (``Purchases.before``).

    A product weighs the sum over its purchases of 0.5 ** (age / half life), ages in days; the ``length``
    products with most weight are kept, the later bought and then the lower number first where they tie.
    User features: logarithms of the number of shopping days, of products known, of purchases a shopping day
    and of days since the last one, the share of repeated purchases, and 1 for a customer with a history;
    with ``time``, ``time_features`` of the day after them.
    """
    history = np.zeros(length, np.int32)
    weights = np.zeros(length, np.float32)
    user = np.zeros(user_width(time), np.float32)
    if time:
        user[USER_FEATURES:] = time_features(day)
    total = len(known.products)
    if total == 0:
        return CustomerFeatures(history, weights, user)
    if int(known.days[-1]) >= day:
        raise ValueError("a purchase of the day itself or later is not known at its start")
    products, positions = np.unique(known.products, return_inverse=True)
    decayed = np.bincount(positions, weights=0.5 ** ((day - known.days) / half_life_days))
    newest = np.zeros(len(products), np.int32)
    np.maximum.at(newest, positions, known.days)
    heaviest = np.lexsort((products, -newest, -decayed))[:length]
    history[: len(heaviest)] = products[heaviest]
    weights[: len(heaviest)] = decayed[heaviest]
    shopping_days = 1 + int(np.count_nonzero(np.diff(known.days)))
    user[:USER_FEATURES] = user_features(shopping_days, len(products), total, day - int(known.days[-1]))
    return CustomerFeatures(history, weights, user)


def user_features(
    shopping_days: npt.ArrayLike, products: npt.ArrayLike, purchases: npt.ArrayLike, age: npt.ArrayLike
) -> npt.NDArray[np.float64]:
    """[..., USER_FEATURES] of customers with a history: counts, and the days since the last shopping day."""
    days, known, total = (np.asarray(counts, np.float64) for counts in (shopping_days, products, purchases))
    return np.stack(
        [
            np.log1p(days) / 3,
            np.log1p(known) / 6,
            np.log1p(total / days) / 5,
            np.log1p(np.asarray(age, np.float64)) / 5,
            1 - known / total,
            np.ones_like(days),
        ],
        axis=-1,
    )


def time_features(day: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """[..., TIME_FEATURES] of days since 1970-01-01: where in the week and in the year, each on a circle."""
    days = np.asarray(day, np.float64)
    turns = np.stack([(days - _MONDAY) / 7, days / 365.2425], axis=-1) * 2 * np.pi
    return np.concatenate([np.sin(turns), np.cos(turns)], axis=-1)


def last_bought(known: Purchases) -> list[int]:
    """All products bought, the newest first, each once: serving leaves them out of what is to be new."""
    newest_first = known.products[np.lexsort((known.products, -known.days))]
    return [int(product) for product in dict.fromkeys(newest_first.tolist())]
