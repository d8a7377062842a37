"""Orders in, ranking out."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from training.errors import TrainingError
from training.ranking.calibration import calibrated
from training.ranking.features import FeatureBuilder
from training.ranking.joining import joined
from training.ranking.normalise import Normaliser
from training.ranking.orders import Orders
from training.ranking.ranker import Examples, average, scores_of, train_one
from training.ranking.scores import left_out
from training.ranking.settings import RankingSettings
from training.ranking.windows import load_window, windows
from training.scorers import Floats

logger = logging.getLogger(__name__)

NOTHING = "no customer bought a candidate in any window; train on more orders"
SAMPLE_EVERY = 5
"""Quantiles are taken of every fifth row."""


class NothingToRank(TrainingError):
    """The orders reach over enough days, but in no window did a customer buy what can be ranked."""


@dataclass(frozen=True)
class Ranking:
    """A trained ranking.

    Attributes:
        model: Keras model of normalised features; its score is a probability.
        normaliser: maps features to what the model takes.
        names: names of the features, in order.
        settings: what it was trained with.
        examples: rows it was trained on.
        windows: files it was trained on.
        left_out: by name, why a score is no feature of this shop.
    """

    model: Any
    normaliser: Normaliser
    names: tuple[str, ...]
    settings: RankingSettings
    examples: int
    windows: tuple[Path, ...]
    left_out: Mapping[str, str]

    def builder(self, orders: Orders, day: int) -> FeatureBuilder:
        """What gives the features of a day as the ranking knows them."""
        return FeatureBuilder(orders, day, self.settings.most_products, self.left_out)

    def normalised(self, values: Floats, names: tuple[str, ...]) -> Floats:
        """Features of candidates as the network takes them.

        Raises:
            TrainingError: when the features are not those the ranking was trained with.
        """
        if names != self.names:
            other = sorted(set(names) ^ set(self.names)) or ["their order"]
            raise TrainingError(f"the ranking was trained with other features ({other[0]}); train it again")
        return self.normaliser(values)

    def score(self, values: Floats) -> Floats:
        """Scores of normalised candidates: estimated probabilities of a purchase in the label's days."""
        return scores_of(self.model, values)


def train(orders: Orders, before: int, settings: RankingSettings, folder: Path) -> Ranking:
    """Train on orders before ``before``.

    Args:
        orders: may reach beyond ``before``; later ones are not used.
        before: ordinal of the first day that is not used.
        settings: those of the run.
        folder: keeps the windows, so that a stopped run goes on and the next one finds them.

    Raises:
        TrainingError: when there are too few days of orders.
        NothingToRank: when nothing was bought in the windows.
    """
    files = tuple(windows(orders, before, settings, folder))
    examples, normaliser, names = _gather(files, settings.most_examples)
    if not examples.label.any():
        raise NothingToRank(NOTHING)
    models = [train_one(examples, settings, seed) for seed in settings.seeds]
    model = calibrated(average(models), examples, settings.negatives)
    known = orders.before(before)
    without = left_out((len(known.customers), len(known.products)), settings.most_products)
    return Ranking(model, normaliser, names, settings, len(examples.label), files, without)


def _gather(files: tuple[Path, ...], most: int) -> tuple[Examples, Normaliser, tuple[str, ...]]:
    """The windows in one normalised array of at most about ``most`` rows, reading one window at a time."""
    sample, sizes = [], []
    for path in files:
        window = load_window(path)
        sizes.append(len(window.label))
        sample.append(window.values[::SAMPLE_EVERY])
    total = sum(sizes)
    if not total:
        raise NothingToRank(NOTHING)
    share = min(most / total, 1.0)
    every = max(int(np.ceil(sum(map(len, sample)) / (most / SAMPLE_EVERY))), 1)
    normaliser = Normaliser.fit(np.concatenate([part[::every] for part in sample]))
    del sample
    names = tuple(str(name) for name in window.names)
    random, parts, groups = np.random.default_rng(9), list[Examples](), 0
    for path in files:
        window = load_window(path)
        in_window = int(window.group.max(initial=-1)) + 1
        drawn = np.ones(in_window, np.bool_) if share == 1 else random.random(in_window) < share
        rows = np.flatnonzero(drawn[window.group])
        number = np.cumsum(drawn) - 1 + groups
        label, group = window.label[rows], number[window.group[rows]]
        parts.append(Examples(normaliser(window.values[rows]), label, group, window.owned[rows]))
        groups += int(drawn.sum())
    columns = [[getattr(part, name) for part in parts] for name in Examples.__dataclass_fields__]
    del parts
    examples = Examples(*(joined(column) for column in columns))
    logger.info(
        f"{len(examples.label):,} candidates of {groups:,} customers in {len(files)} windows, "
        f"{len(names)} features"
    )
    return examples, normaliser, names
