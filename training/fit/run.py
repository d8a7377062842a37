"""One worker's training, from what to learn from to a trained model."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, MutableMapping
from typing import Any

from training.features.training_data import TrainingData
from training.fit.checkpoint import CheckpointStore, Objects
from training.fit.checkpoint_writer import CheckpointWriter
from training.fit.cluster import Worker, prepare, strategy_of
from training.fit.epoch import AfterEpoch
from training.fit.health import Health, Straggling
from training.fit.peer_monitor import PeerMonitor

logger = logging.getLogger(__name__)


class _PreTrainingLog(logging.LoggerAdapter[logging.Logger]):
    """Marks the lines of the pre-training, so that nobody takes them for those of the training after it."""

    def process(self, msg: object, kwargs: MutableMapping[str, Any]) -> tuple[str, MutableMapping[str, Any]]:
        return f"pre-training: {msg}", kwargs


def fit(
    data: TrainingData,
    worker: Worker,
    checkpoints: Objects,
    monitor: PeerMonitor | None = None,
    after_epoch: AfterEpoch = lambda _: None,
    after_masked_epoch: AfterEpoch = lambda _: None,
    begin: Callable[[Any], None] = lambda _: None,
) -> tuple[Any, list[float]]:
    """Train; returns the model and the mean loss of every epoch.

    Args:
        data: what to learn from.
        worker: which worker this is.
        checkpoints: where they are kept.
        monitor: looks after the other workers.
        after_epoch: see ``training.fit.epoch``.
        after_masked_epoch: the same, of the pre-training.
        begin: takes the model as it was built, and may put other weights into it.

    Raises:
        training.fit.loop.Preempted: the checkpoint is saved, as ``monitor`` was asked to stop.
        training.fit.loop.WorkersDisagree: the workers must start again.
        training.fit.health.Straggling: this worker should run elsewhere; never twice.
        TrainingError: when the loss is no number.
    """
    prepare(os.environ, worker)
    from training.fit.loop import Fit
    from training.model.masked import MaskedObjective
    from training.model.submodels import freeze_encoder
    from training.model.two_tower import build_model

    settings, model_settings = data.settings, data.settings.model
    # A worker that is slow wherever it runs must not leave again and again.
    mark = f"{data.fingerprint}/left-{worker.name.replace(':', '-')}.json"
    slow_epochs = settings.straggler_epochs if checkpoints.get(mark) is None else 0
    strategy = strategy_of(worker, settings.seed)
    if monitor is not None:
        monitor.started()

    share = data.examples.of_worker(worker.index, len(worker.peers))

    def run(name: str, epochs: int, make_model: Callable[[], Any], **more: Any) -> Fit:
        trainer = Fit(
            strategy=strategy,
            make_model=make_model,
            examples=share,
            workers=len(worker.peers),
            settings=settings.model_copy(update={"epochs": epochs}),
            writer=CheckpointWriter(
                CheckpointStore(checkpoints, name),
                worker.is_chief,
                settings.checkpoint_steps,
                settings.checkpoint_seconds,
            ),
            health=Health(worker.index, settings.straggler_ratio, slow_epochs),
            stop=(lambda: monitor.stopping) if monitor is not None else (lambda: False),
            alive=monitor.step if monitor is not None else (lambda: None),
            **more,
        )
        try:
            trainer.run()
        except Straggling:
            checkpoints.put(mark, b"{}")
            raise
        return trainer

    def initialised() -> Any:
        model = build_model(data)
        begin(model)
        return model

    weights: list[Any] | None = None
    if model_settings.pretrain_epochs:
        filled = run(
            f"{data.fingerprint}/pre-training",
            model_settings.pretrain_epochs,
            initialised,
            build_objective=MaskedObjective,
            after_epoch=after_masked_epoch,
            log=_PreTrainingLog(logger),
        )
        weights = filled.model.get_weights()

    def pretrained() -> Any:
        if weights is None:
            model = initialised()
        else:
            model = build_model(data)
            model.set_weights(weights)
        if model_settings.adapter_rank:
            freeze_encoder(model)
        return model

    last = run(data.fingerprint, settings.epochs, pretrained, after_epoch=after_epoch)
    if monitor is not None:
        monitor.finished()
    model = last.model
    # What is served computes in float32, as the variables do already. A sampled loss cuts its model into
    # parts that share layers, and Keras saves no such model.
    if model_settings.precision != "float32" or model_settings.loss != "softmax":
        with strategy.scope():
            model = build_model(data, precision="float32")
            model.set_weights(last.model.get_weights())
    return model, last.losses
