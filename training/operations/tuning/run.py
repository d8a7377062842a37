"""Orders in, a study and its best settings out, on this machine."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from training.errors import TrainingError
from training.operations.tuning.best_file import refuse_other_file, write_best
from training.operations.tuning.ranges import Ranges
from training.operations.tuning.study import Row, Study
from training.operations.tuning.trials import Trials
from training.operations.workspace import Workspace
from training.orders.source import OrderSource
from training.settings import TrainingSettings, Window
from training.transfer.pseudonym import Pseudonyms
from training.transfer.run import split_days, transfer

logger = logging.getLogger(__name__)

LONGEST_HELD_BACK = 31


@dataclass(frozen=True)
class Tuned:
    """What a study came to; ``tuned_on`` is the first and last day that were tuned on."""

    study: Study
    rows: list[Row]
    best: Row
    tuned_on: tuple[date, date]


def for_tuning(
    settings: TrainingSettings, days: list[date], before: date | None, held_back: int | None
) -> TrainingSettings:
    """Settings that tune on the last days before ``before``, and never see that day or a later one.

    Args:
        settings: the other settings.
        days: the days with orders.
        before: the first day that is reported on; None: the first that ``isthmus train`` holds back.
        held_back: days to tune on; None: a quarter of the days before, 31 at most.

    Raises:
        TrainingError: when there are too few days of orders before it.
    """
    if before is None:
        before = days[-1] - timedelta(days=settings.hold_back_days - 1)
    usable = [day for day in days if day < before]
    if len(usable) < 2:
        raise TrainingError(
            f"{len(usable)} of the days with orders ({days[0]} to {days[-1]}) are before {before}, but tuning"
            " needs two, one to learn from and one to tune on; name a later day with --before, or more orders"
        )
    span = (usable[-1] - usable[0]).days + 1
    days_back = held_back or max(1, min(LONGEST_HELD_BACK, span // 4))
    chosen = settings.model_copy(
        update={"hold_back_days": days_back, "window": Window(last_day=usable[-1]), "workers": 1}
    )
    split_days(days, chosen, "tune on fewer days with --held-back (training.tuning.held_back_days)")
    return chosen


def tune_here(
    source: OrderSource,
    settings: TrainingSettings,
    pseudonyms: Pseudonyms,
    work_folder: Path,
    out: Path,
    trials: int,
    parallel: int = 1,
    ranges: Ranges | None = None,
    moved: Callable[[int], None] = lambda _: None,
) -> Tuned:
    """Transfer, run trials until there are as many as wanted, and write the best settings.

    Killed and started again with the same orders, settings, ranges and code, the study goes on.

    Args:
        source: raw orders.
        settings: from ``for_tuning``.
        pseudonyms: made with the key of this site.
        work_folder: keeps studies between runs.
        out: the file to write.
        trials: wanted in all.
        parallel: at a time.
        ranges: to search.
        moved: called with the trials that are done.

    Raises:
        TrainingError: when no trial came to its end.
    """
    refuse_other_file(out)
    identity = f"{source.url} until {settings.window.last_day}, {settings.hold_back_days} held back"
    workspace = Workspace(work_folder / "tuning" / hashlib.sha256(identity.encode()).hexdigest()[:16])
    transfer(source, pseudonyms, settings, workspace.arrivals, workspace.private)
    study = Study(workspace, settings, ranges or Ranges())
    logger.info(
        f"study {study.name}: {study.count()} of {trials} trials were begun; it is kept in {study.folder}"
    )
    Trials(study, trials, parallel, moved).run()
    best = study.best()
    if best is None:
        raise TrainingError(
            f"none of the {study.count()} trials came to its end; ask for more with --trials, "
            f"or read their logs in {study.folder}"
        )
    write_best(out, study, best)
    held_back = workspace.manifest(held_back=True).batches
    return Tuned(study, study.rows(), best, (held_back[0].day, held_back[-1].day))
