"""The ranking as second stage of a release: trained where the raw orders are, with customers as
pseudonyms."""

from __future__ import annotations

import json
import logging
import os
import shutil
from datetime import date, timedelta
from pathlib import Path

import numpy as np

from isthmus.atomic_files import atomic_directory
from training.orders.source import OrderSource
from training.ranking.cleaned_days import CleanedDays
from training.ranking.context import fit_context
from training.ranking.export import save_onnx
from training.ranking.folder import record_of
from training.ranking.measure import bought_after, measure
from training.ranking.orders import read_orders
from training.ranking.recommend import recommend
from training.ranking.settings import RankingSettings
from training.ranking.train import train
from training.release import RANKER_MODEL, describe, read, write
from training.release.ranked import read_ranked, writing_ranked
from training.release.shortlist import writing_shortlist
from training.settings import TrainingSettings
from training.tables.engine import engine_of
from training.transfer.pseudonym import Pseudonyms

logger = logging.getLogger(__name__)

RANKER, NORMALISER, RECORD = RANKER_MODEL, "ranker.npz", "ranker.json"
LENGTH = 100
"""Products a list holds, as many as the retrieval stage answers with."""


def first_day_after(source: OrderSource, settings: TrainingSettings) -> date:
    """The day from which on orders are not learned from; no window ends after the last of the orders."""
    newest = source.days()[-1]
    last = min(settings.window.last_day or newest, newest)
    return last - timedelta(days=settings.hold_back_days - 1)


def is_ranked(release: Path) -> bool:
    """Whether a release was sealed with a ranking stage."""
    return any(file.path == RECORD for file in read(release).files)


def has_enough_days(source: OrderSource, settings: TrainingSettings, ranking: RankingSettings) -> bool:
    """Whether the orders reach over enough days for one window of labels."""
    before = first_day_after(source, settings)
    days = [day for day in source.days() if (settings.window.first_day or day) <= day < before]
    needed = ranking.warm_up_days + ranking.label_days + 1
    return bool(days) and (before - days[0]).days >= needed


def add_ranking(
    release: Path,
    source: OrderSource,
    settings: TrainingSettings,
    ranking_settings: RankingSettings,
    pseudonyms: Pseudonyms,
    window_folder: Path,
) -> None:
    """Train the ranking stage, and put a release with it, sealed again, in the place of the one without.

    Orders without a customer and cancellations are read too, which is why this runs in the private site.

    Args:
        release: a sealed release of the same orders.
        source: raw orders.
        settings: those of the run; they name the last day to learn from.
        ranking_settings: those of the stage.
        pseudonyms: made with the key of the release.
        window_folder: keeps the windows and the cleaned days, for a run that goes on and for the next one.

    Raises:
        TrainingError: when there are too few days of orders; see ``has_enough_days``.
        NothingToRank: when nobody bought in the windows; the release is left as it is.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    before = first_day_after(source, settings)
    cleaned = CleanedDays(window_folder / "days", source, pseudonyms)
    orders = cleaned.orders(before, settings.window.first_day or date.min, engine_of(settings))
    ranking = train(orders, before.toordinal(), ranking_settings, window_folder)
    manifest = read(release)
    with atomic_directory(release) as aside:
        for file in manifest.files:
            _link(release / file.path, aside / file.path)
        day = before.toordinal()
        with (
            writing_shortlist(aside, orders.customers, orders.products) as shortlist,
            writing_ranked(aside, orders.customers, orders.products) as ranked,
        ):
            for listed in recommend(ranking.builder(orders, day), ranking, LENGTH):
                listed.write(shortlist, ranked)
        trial = np.random.default_rng(0).normal(size=(512, len(ranking.names))).astype(np.float32)
        difference = save_onnx(ranking.model, aside / RANKER, trial)
        ranking.normaliser.save(aside / NORMALISER)
        record = record_of(ranking, orders, before, difference, source.settings.recorded())
        (aside / RECORD).write_text(json.dumps(record, indent=1, sort_keys=True) + "\n")
        fit_context(orders, day, ranking, LENGTH).write(aside)
        write(aside, manifest.model_copy(update={"files": describe(aside)}))
    if settings.hold_back_days:
        later = read_orders(source, before + timedelta(days=settings.hold_back_days), before)
        later["customer"] = [pseudonyms.customer(name) if name else "" for name in later["customer"]]
        bought = bought_after(orders, later)
        for what, only_new, some in (("all", False, bought), ("new", True, bought[bought["new"]])):
            lists = read_ranked(release, only_new, customers=set(some["customer"])).to_pandas()
            logger.info(f"ranking, {what} products: {measure(lists, some)}")


def _link(file: Path, beside: Path) -> None:
    try:
        os.link(file, beside)
    except OSError:  # a file system without links
        shutil.copyfile(file, beside)
