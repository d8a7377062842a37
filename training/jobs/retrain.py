"""``python -m training.jobs.retrain``: transfer the newest orders, if there is reason to train anew.

Runs in the private site, on a schedule: only there are the newest orders, and the customers' own names. It
holds them against the release in service (``training.operations.drift``), says why it decides as it does, and
keeps that beside the reports in the private bucket. To train is to transfer: the jobs after it find other
orders then, and do nothing where they find the same.
Exit codes: 0 done, whatever was decided; 64 wrong input.
"""

from __future__ import annotations

import json
import logging
import tempfile
from pathlib import Path

from isthmus.object_store import aws_client, client_for_orders
from training.errors import TrainingError
from training.job_runtime import Environment, run_job
from training.jobs import transfer
from training.operations.drift.decide import FIRST, Decision, decide
from training.operations.drift.settings import parse as parse_drift
from training.orders.source import open_source
from training.release import ReleaseError, Store
from training.transfer.bucket import BatchBucket
from training.transfer.pseudonym import Pseudonyms

logger = logging.getLogger(__name__)


def main(environment: Environment) -> int:
    """Decide, and transfer where it is to be trained; returns the exit code."""
    decision = look(environment)
    for line in decision.lines():
        logger.info(line)
    private = BatchBucket(environment["PRIVATE_BUCKET"], client_for_orders(environment), False)
    last = open_source(environment["ORDERS_URL"], environment).days()[-1]
    private.put(f"retraining/{last}.json", json.dumps(decision.as_plain(), indent=1).encode() + b"\n")
    return transfer.main(environment) if decision.train else 0


def look(environment: Environment) -> Decision:
    """Hold the newest orders against the release in service."""
    settings = parse_drift(environment["RETRAIN_SETTINGS"])
    store = Store(environment["RELEASES_BUCKET"], aws_client())
    latest = store.latest()
    if latest is None:
        return FIRST
    source = open_source(environment["ORDERS_URL"], environment)
    with tempfile.TemporaryDirectory() as folder:
        try:
            release = store.pull(latest["digest"], Path(folder))
        except ReleaseError as error:
            raise TrainingError(f"the release in service cannot be read: {error}") from None
        pseudonyms = Pseudonyms(environment["PSEUDONYM_KEY"])
        return decide(release, source, pseudonyms, store.validation(latest["digest"]), settings)


if __name__ == "__main__":
    run_job(main)
