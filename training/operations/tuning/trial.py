"""``python -m training.operations.tuning.trial``: one trial, in a process of its own.

Environment: WORK (folder of ``training.operations.workspace``), TRIAL (the trial's own folder),
CHECKPOINT_URL, TRAINING_SETTINGS.
After each epoch a line ``{"epoch": 1, "loss": ..., "recall": ...}`` goes to stdout. The trial ends when its
stdin does, so that none is left when its parent is killed. Started again, it goes on from its checkpoint.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from pathlib import Path

import pandas as pd

from isthmus.object_store import aws_client
from training.fit.checkpoint import open_objects
from training.fit.cluster import ALONE
from training.fit.epoch import Epoch
from training.job_runtime import Environment, run_job
from training.operations.tuning.objective import HeldBackRecall
from training.operations.workspace import Workspace
from training.settings import parse
from training.transfer.batch import from_parquet


def main(environment: Environment) -> int:
    """Run the trial; returns the exit code."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    workspace, folder = Workspace(Path(environment["WORK"])), Path(environment["TRIAL"])
    data = workspace.training_data(parse(environment["TRAINING_SETTINGS"]))
    entries = workspace.manifest(held_back=True).batches
    batches = [from_parquet(workspace.private.batch(entry)) for entry in entries]
    recall = HeldBackRecall(data, pd.concat(batches, ignore_index=True))

    from training.fit.run import fit
    from training.operations.tracking.run import RECALL, tracked
    from training.operations.tracking.tensorboard import TensorBoard

    tensorboard = TensorBoard(folder / "tracking" / data.fingerprint, folder.name, data.settings.recorded())

    def ended(epoch: Epoch) -> None:
        tracking.epoch(epoch)
        value = recall(epoch.model)
        tensorboard.scalars(epoch.number, {RECALL: value})
        print(json.dumps({"epoch": epoch.number, "loss": epoch.loss, "recall": value}), flush=True)

    url = environment["CHECKPOINT_URL"]
    checkpoints = open_objects(url, aws_client() if url.startswith("s3:") else None)
    with tracked(data, ALONE, checkpoints) as tracking:
        fit(data, ALONE, checkpoints, None, ended, tracking.masked_epoch)
    tensorboard.close()
    return 0


def _end_with_parent() -> None:
    while os.read(0, 1024):
        pass
    os._exit(1)


if __name__ == "__main__":
    run_job(main, log=sys.stderr)
