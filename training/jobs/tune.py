"""``python -m training.jobs.tune``: index JOB_COMPLETION_INDEX of a search for better settings.

Each index runs trials, one after the other, until there are as many as wanted of all together. It learns from
the pseudonymous orders of the arrivals bucket, and tunes on the last days of those: what is held back in the
private site is not here, and no trial is judged by it. Trials, their checkpoints and the best settings are
kept under TUNING_URL, so a pod that comes back takes up what it was at. Exit codes: 0 done; 64 wrong input;
76 stopped by SIGTERM.
"""

from __future__ import annotations

import logging
import signal
import sys
import tempfile
from datetime import timedelta
from pathlib import Path

from isthmus.exit_codes import EXIT_PREEMPTED
from isthmus.object_store import aws_client
from training.errors import TrainingError
from training.job_runtime import Environment, run_job
from training.operations.tuning.best_file import best_text
from training.operations.tuning.ranges import Ranges
from training.operations.tuning.run import for_tuning
from training.operations.tuning.settings import TuningSettings, parse
from training.operations.tuning.shared import BEST, Shared
from training.operations.tuning.study import Study
from training.operations.tuning.trials import Trials
from training.operations.workspace import Workspace
from training.settings import TrainingSettings
from training.settings import parse as parse_training
from training.transfer.bucket import BatchBucket
from training.transfer.manifest import HELD_BACK_MANIFEST_KEY, MANIFEST_KEY, TransferManifest
from training.transfer.run import split_days

logger = logging.getLogger(__name__)


def main(environment: Environment, ranges: Ranges | None = None) -> int:
    """Run this index's trials; returns the exit code. ``ranges``: None for those of the file."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(EXIT_PREEMPTED))
    tuning = parse(environment["TUNING_SETTINGS"])
    base = parse_training(environment["TRAINING_SETTINGS"])
    shared = Shared(
        int(environment.get("JOB_COMPLETION_INDEX", "0")), environment["TUNING_URL"], tuning.storage_url
    )
    with tempfile.TemporaryDirectory() as folder:
        work = Workspace(Path(folder))
        arrivals = BatchBucket(environment["ARRIVALS_BUCKET"], aws_client(), True)
        settings = bring(arrivals, work, base, tuning)
        ranges = (ranges or Ranges()).model_copy(update={"epochs": tuning.epochs})
        study = Study(work, settings, ranges, shared)
        logger.info(f"study {study.name}: {study.count()} of {tuning.trials} trials were begun")
        Trials(study, tuning.trials).run()
        best = study.best()
        if best is None:
            logger.info("no trial has come to its end yet; another index may still be at one")
            return 0
        # Every index that ends writes the best of all that have ended: the last one has the last word.
        content = best_text(study, best)
        shared.objects.put(f"{study.name}/{BEST}", content)
        shared.objects.put(BEST, content)
        logger.info(f"trial {best.number} is the best: recall@20 {best.recall:.4f}; {shared.place}/{BEST}")
    return 0


def bring(
    arrivals: BatchBucket, work: Workspace, base: TrainingSettings, tuning: TuningSettings
) -> TrainingSettings:
    """Bring the orders into a work folder: the last days to tune on, the others to learn from.

    Raises:
        TrainingError: when no transfer has ended, or there are too few days.
    """
    content, where = arrivals.get(MANIFEST_KEY), f"s3://{arrivals.name}/{MANIFEST_KEY}"
    if content is None:
        raise TrainingError(f"{where} is not there: no transfer has ended yet; run the transfer first")
    manifest = TransferManifest.from_bytes(content, where)
    days = [batch.day for batch in manifest.batches]
    settings = for_tuning(base, days, days[-1] + timedelta(days=1), tuning.held_back_days)
    learn, _ = split_days(days, settings)
    for bucket, key, wanted_days in (
        (work.arrivals, MANIFEST_KEY, set(learn)),
        (work.private, HELD_BACK_MANIFEST_KEY, set(days) - set(learn)),
    ):
        batches = [batch for batch in manifest.batches if batch.day in wanted_days]
        for batch in batches:
            bucket.put(batch.key, arrivals.batch(batch))
        bucket.put(key, manifest.model_copy(update={"batches": tuple(batches)}).to_bytes())
    return settings


if __name__ == "__main__":
    run_job(main)
