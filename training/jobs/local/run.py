"""Orders in, release out, on this machine."""

from __future__ import annotations

import json
import logging
import resource
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import pandas as pd

from isthmus.atomic_files import atomic_write, refuse_other_folder
from isthmus.outputs import refuse_as_folder
from training.errors import TrainingError
from training.jobs.local.customer_ids import CustomerIds, customer_ids
from training.jobs.local.workers import Workers
from training.operations.workspace import Workspace, is_made
from training.orders.source import OrderSource
from training.ranking.settings import RankingSettings
from training.release import MANIFEST, Manifest, public_key, sign, verify, write_signature
from training.release.directory import VALIDATION
from training.settings import TrainingSettings, Window
from training.transfer.batch import from_parquet
from training.transfer.pseudonym import Pseudonyms
from training.transfer.run import split_days, transfer
from training.validation.holdout import Table
from training.validation.load_window import read_window
from training.validation.report import HTML
from training.validation.validate_release import validate_release

logger = logging.getLogger(__name__)

Poll = Callable[[dict[int, subprocess.Popen[bytes]]], None]
LONGEST_HELD_BACK = 31


@dataclass(frozen=True)
class Trained:
    """A release and how it was made; ``table`` is None when no orders were held back."""

    release: Path
    digest: str
    manifest: Manifest
    table: Table | None
    seconds: float
    peak_mib: float
    """Largest resident memory of one worker, or of this process where that is larger."""
    unchanged: bool


def before(settings: TrainingSettings, day: date, days: list[date]) -> TrainingSettings:
    """Settings that learn from the days before ``day`` and hold back the month from it on.

    Raises:
        TrainingError: when no orders are from before it.
    """
    if day <= days[0]:
        raise TrainingError(f"--before is {day}, but the orders begin on {days[0]}; name a later day")
    held_back = [later for later in days if day <= later < day + timedelta(days=LONGEST_HELD_BACK)]
    if not held_back:
        window = Window(last_day=day - timedelta(days=1))
        return settings.model_copy(update={"hold_back_days": 0, "window": window})
    window = Window(last_day=held_back[-1])
    return settings.model_copy(update={"hold_back_days": (held_back[-1] - day).days + 1, "window": window})


def _until_the_last_order(settings: TrainingSettings, days: list[date]) -> TrainingSettings:
    """Settings of the same days, with a window that ends on the last day that has orders."""
    learn, held_back = split_days(days, settings)
    window = settings.window.model_copy(update={"last_day": (held_back or learn)[-1]})
    return settings.model_copy(update={"window": window})


def train_here(
    source: OrderSource,
    settings: TrainingSettings,
    pseudonyms: Pseudonyms,
    work_folder: Path,
    out: Path,
    signing_key: str | None = None,
    poll: Poll = lambda _: None,
    ranking: RankingSettings | None = RankingSettings(),  # noqa: B008 (frozen)
    register: CustomerIds | None = None,
) -> Trained:
    """Transfer, train, export and evaluate; sign where a key is given. Safe to stop and to repeat.

    Args:
        source: raw orders.
        settings: of the run.
        pseudonyms: made with the key that ``isthmus recommend`` will need.
        work_folder: keeps batches and checkpoints between runs.
        out: the release directory.
        signing_key: base64 Ed25519 seed.
        poll: see ``Workers``.
        ranking: of the second stage; None for none. It is left out where the orders are too few days for it.
        register: is to remember the customers' ids, for `isthmus recommend --all`.

    Raises:
        WrongData: before any work where ``out`` cannot be written or the key is none; before the training
            where the orders hold nothing to learn from.
    """
    from training.ranking.stage import add_ranking, has_enough_days, is_ranked
    from training.ranking.train import NothingToRank

    started = time.monotonic()
    refuse_other_folder(out, MANIFEST, "release")
    beside = out.with_name(f"{out.name}-report")
    refuse_as_folder(beside, "the report of the release is written there, so name another folder with --out")
    if signing_key is not None:
        public_key(signing_key)
    work = Workspace.of(source.url, work_folder)
    transferred = transfer(source, pseudonyms, settings, work.arrivals, work.private)
    data = work.training_data(settings)
    unchanged = is_made(out, data)
    if unchanged:
        logger.info(f"{out} was made from the same orders, settings and code")
    else:
        Workers(settings, work.folder, out, poll).run()
    if ranking is not None and not is_ranked(out):
        learned = _until_the_last_order(settings, source.days())
        if has_enough_days(source, learned, ranking):
            try:
                add_ranking(out, source, learned, ranking, pseudonyms, work.ranking)
                unchanged = False
            except NothingToRank as nothing:
                logger.info(f"no ranking stage: {nothing}")
        else:
            logger.info("no ranking stage: it needs orders of more days than these")
    if register is not None:
        register.remember(customer_ids(source))
    manifest = verify(out)
    table = None
    if transferred.held_back.batches:
        logger.info("evaluating on the held-back orders, beside baselines")
        frames = [from_parquet(work.private.batch(batch)) for batch in transferred.held_back.batches]
        interactions = read_window(source, pseudonyms, out)
        judged = validate_release(
            out, manifest, pd.concat(frames, ignore_index=True), interactions, settings.gates
        )
        table = judged.evaluation.table
        scores = json.dumps(judged.as_plain(), sort_keys=True, indent=1)
        atomic_write(out / VALIDATION, scores.encode() + b"\n")
        judged.report.write(beside)
        logger.info(f"report: {beside / HTML}")
    if signing_key is not None:
        write_signature(out, sign(manifest.digest(), signing_key))
    usage = [resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return Trained(
        release=out,
        digest=manifest.digest(),
        manifest=manifest,
        table=table,
        seconds=time.monotonic() - started,
        peak_mib=max(usage) / 1024,
        unchanged=unchanged,
    )
