"""The tracking of one training run, by the chief alone."""

from __future__ import annotations

import logging
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Protocol

from training.features.training_data import TrainingData
from training.fit.checkpoint import FolderObjects, Objects
from training.fit.cluster import Worker
from training.fit.epoch import Epoch
from training.operations.tracking import weights_and_biases
from training.operations.tracking.tensorboard import TensorBoard

logger = logging.getLogger(__name__)

TRACKING = "tracking"
LOSS, SPEED, RECALL = "loss", "examples_per_second", "recall_at_20"
OWN_SECONDS, MASKED_LOSS = "step_seconds", "masked_loss"


class Tracker(Protocol):
    """Takes values at a step."""

    def scalars(self, step: int, values: Mapping[str, float]) -> None: ...
    def close(self) -> None: ...


class Tracking:
    """All trackers of a run.

    Args:
        trackers: take the values.
        folder: holds what TensorBoard reads; None where nothing is tracked.
        on_write: called when something was written.
    """

    def __init__(
        self,
        trackers: tuple[Tracker, ...] = (),
        folder: Path | None = None,
        on_write: Callable[[], None] = lambda: None,
    ) -> None:
        self._trackers, self.folder, self._on_write = trackers, folder, on_write

    def epoch(self, epoch: Epoch) -> None:
        """Track what every run knows of an epoch."""
        values = {LOSS: epoch.loss, SPEED: epoch.examples_per_second}
        for index, seconds in enumerate(epoch.worker_seconds):
            values[f"{OWN_SECONDS}/worker_{index}"] = seconds
        self.scalars(epoch.number, values)

    def masked_epoch(self, epoch: Epoch) -> None:
        """Track an epoch of the pre-training."""
        self.scalars(epoch.number, {MASKED_LOSS: epoch.loss})

    def scalars(self, step: int, values: Mapping[str, float]) -> None:
        """Track values at a step."""
        for tracker in self._trackers:
            tracker.scalars(step, values)
        self._on_write()


@contextmanager
def tracked(data: TrainingData, worker: Worker, objects: Objects) -> Iterator[Tracking]:
    """Track a run beside its checkpoints.

    With checkpoints in a folder, ``tracking/RUN`` beside that folder; in a bucket, ``RUN/tracking/`` among
    them, sent again after each epoch. RUN is the run's fingerprint.
    """
    if not worker.is_chief:
        yield Tracking()
        return
    run, settings = data.fingerprint, _settings(data)
    with ExitStack() as stack:
        local = isinstance(objects, FolderObjects)
        if isinstance(objects, FolderObjects):
            folder = objects.folder.parent / TRACKING / run
        else:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory())) / run
        trackers: list[Tracker] = [TensorBoard(folder, run, settings)]
        if weights_and_biases.is_wanted(os.environ):
            trackers.append(weights_and_biases.WeightsAndBiases(folder, run, settings))
        for tracker in trackers:
            stack.callback(tracker.close)
        if local:
            logger.info(f"tracking: {folder}")
        yield Tracking(tuple(trackers), folder, (lambda: None) if local else _mirror(folder, objects, run))


def _settings(data: TrainingData) -> dict[str, Any]:
    batches = data.manifest.batches
    return {
        **data.settings.recorded(),
        "orders": {
            "first_day": str(batches[0].day),
            "last_day": str(batches[-1].day),
            "digest": data.manifest.digest,
        },
    }


def _mirror(folder: Path, objects: Objects, run: str) -> Callable[[], None]:
    def send() -> None:
        # Event files are small and at the top; an offline run of W&B below stays on the pod.
        for path in folder.glob("events.*"):
            objects.put(f"{run}/{TRACKING}/{path.name}", path.read_bytes())

    return send
