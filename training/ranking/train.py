"""Orders in, ranking out."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from training.errors import TrainingError
from training.ranking.calibration import calibrated
from training.ranking.history_snapshot import Floats
from training.ranking.normalise import Normaliser
from training.ranking.orders import Orders
from training.ranking.ranker import Examples, average, scores_of, train_one
from training.ranking.settings import RankingSettings
from training.ranking.windows import load_window, windows

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
    """

    model: Any
    normaliser: Normaliser
    names: tuple[str, ...]
    settings: RankingSettings
    examples: int
    windows: tuple[Path, ...]

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
    examples, normaliser, names = _gather(files)
    if not examples.label.any():
        raise NothingToRank(NOTHING)
    models = [train_one(examples, settings, seed) for seed in settings.seeds]
    model = calibrated(average(models), examples, settings.negatives)
    return Ranking(model, normaliser, names, settings, len(examples.label), files)


def _gather(files: tuple[Path, ...]) -> tuple[Examples, Normaliser, tuple[str, ...]]:
    """All windows in one normalised array, reading one window at a time."""
    sample, sizes = [], []
    for path in files:
        window = load_window(path)
        sample.append(window.values[::SAMPLE_EVERY])
        sizes.append(len(window.label))
    if not sum(sizes):
        raise NothingToRank(NOTHING)
    normaliser = Normaliser.fit(np.concatenate(sample))
    del sample
    names = tuple(str(name) for name in window.names)
    ends = np.cumsum(sizes)
    rows = int(ends[-1])
    values = np.empty((rows, len(names)), np.float32)
    label, group = np.empty(rows, np.float32), np.empty(rows, np.int64)
    owned = np.empty(rows, np.bool_)
    groups = 0
    for path, end, size in zip(files, ends, sizes, strict=True):
        window, part = load_window(path), slice(int(end) - size, int(end))
        values[part] = normaliser(window.values)
        label[part], group[part], owned[part] = window.label, window.group + groups, window.owned
        groups += int(window.group.max(initial=-1)) + 1
    logger.info(f"{rows:,} candidates of {groups:,} customers in {len(files)} windows, {len(names)} features")
    return Examples(values, label, group, owned), normaliser, names
