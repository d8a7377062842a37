"""``python -m training.jobs.data``: the data stage, which cuts what was transferred into shards.

What it reads: the batches of ARRIVALS_BUCKET that the last transfer's manifest names, each checked against
its checksum. What it leaves: the shards at CHECKPOINT_URL, where the workers of a training look for them. By
Spark, the tables on the way are objects at SPARK_FOLDER, and are removed at the end. Exit codes: 0 done; 64
wrong input. Started again it finds its shards, or goes on from the last table that was written.
"""

from __future__ import annotations

import logging

from isthmus.object_store import aws_client
from training.features.training_data import Shared
from training.fit.checkpoint import open_objects
from training.job_runtime import Environment, run_job
from training.jobs.transferred import read_transferred
from training.settings import parse
from training.tables.spark_session import stop
from training.transfer.bucket import BatchBucket

logger = logging.getLogger(__name__)


def main(environment: Environment) -> int:
    """Leave the shards; returns the exit code."""
    settings = parse(environment["TRAINING_SETTINGS"])
    shared = Shared(open_objects(environment["CHECKPOINT_URL"], aws_client()), first=True)
    arrivals = BatchBucket(environment["ARRIVALS_BUCKET"], aws_client(), True)
    try:
        data = read_transferred(arrivals, settings, shared)
    finally:
        stop()
    examples = int(data.shards.examples.sum())
    logger.info(f"{len(data.shards)} shards are there: {data.shards.orders:,} baskets, {examples:,} examples")
    return 0


if __name__ == "__main__":
    run_job(main)
