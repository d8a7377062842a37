"""``python -m training.jobs.local.worker``: one worker of a run on this machine.

The environment is that of ``training.jobs.train``, with WORK (a folder) and OUT (a release)
for the buckets.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

from training.fit.cluster import worker_of
from training.job_runtime import Environment, run_job
from training.jobs.train import train
from training.operations.workspace import Workspace, is_made
from training.settings import parse

logger = logging.getLogger(__name__)


def main(environment: Environment) -> int:
    """Train as one worker; returns the exit code."""
    worker = worker_of(environment)
    work, out = Workspace(Path(environment["WORK"])), Path(environment["OUT"])
    data = work.training_data(parse(environment["TRAINING_SETTINGS"]))
    if is_made(out, data):
        return 0

    def publish(model: Any, losses: list[float]) -> None:
        from training.release.build_release import build_release

        logger.info(f"release {build_release(model, data, losses, out)}")

    return train(
        worker,
        data,
        work.checkpoints,
        lambda: is_made(out, data),
        environment.get("SPOT_NOTICE_URL"),
        publish,
    )


if __name__ == "__main__":
    run_job(main)
