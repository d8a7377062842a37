"""``python -m training.jobs.train``: worker JOB_COMPLETION_INDEX of TRAINING_PEERS.

Exit codes: 0 done; 64 wrong input (not repeated); 75 another worker is gone or back, or the workers
disagree; 76 stopped by SIGTERM or a spot notice, 78 slower than the others, both with the checkpoint saved.
75, 76 and 78 are to be started again, and go on from the last checkpoint. The first worker that is there
writes the release.
"""

from __future__ import annotations

import logging
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from isthmus.exit_codes import EXIT_PEER_LOST, EXIT_PREEMPTED, EXIT_STRAGGLING
from isthmus.object_store import aws_client
from training.features.training_data import Shared, TrainingData
from training.fit.checkpoint import Objects, open_objects
from training.fit.cluster import Worker, prepare, worker_of
from training.fit.peer_monitor import PeerMonitor
from training.fit.rendezvous import ask, gather
from training.fit.spot import SpotNotice
from training.job_runtime import Environment, begin_lines_with, run_job
from training.jobs.transferred import read_transferred
from training.release import ReleaseError, Store
from training.release.warm_start import Weights, begun_from
from training.settings import parse
from training.transfer.bucket import BatchBucket

logger = logging.getLogger(__name__)


def main(environment: Environment) -> int:
    """Train as one worker; returns the exit code."""
    started = time.monotonic()
    worker = worker_of(environment)
    settings = parse(environment["TRAINING_SETTINGS"]).model_copy(update={"workers": len(worker.peers)})
    store = Store(environment["RELEASES_BUCKET"], aws_client())
    checkpoints = open_objects(environment["CHECKPOINT_URL"], aws_client())
    # Where workers may be missing for good, the first one may, too.
    patience = {"wait_s": settings.elastic_wait_seconds} if settings.elastic_min_workers else {}
    shared = Shared(checkpoints, first=worker.is_chief, **patience)
    data = read_transferred(BatchBucket(environment["ARRIVALS_BUCKET"], aws_client(), True), settings, shared)
    data = begun_from(data, store)
    name = environment.get("CANDIDATE", "train")
    if is_done(store, name, data):
        logger.info(f"candidate {name} was made from the same orders, settings and code; nothing to do")
        return 0
    return train(
        worker,
        data,
        checkpoints,
        lambda: is_done(store, name, data),
        environment.get("SPOT_NOTICE_URL"),
        lambda model, losses: publish(model, losses, data, store, name, started),
        lambda model: begin(model, data, store),
    )


def begin(model: Any, data: TrainingData, store: Store) -> None:
    """Put the weights of the release that the run begins with into the model; none where it begins anew."""
    if (digest := data.settings.warm_start_from) is None:
        return
    with tempfile.TemporaryDirectory() as folder:
        Weights(store.pull(digest, Path(folder))).into(model, data.catalogue)


def is_done(store: Store, name: str, data: TrainingData) -> bool:
    """Whether the candidate is the release that this run would make."""
    found = store.candidate(name)
    if found is None or found.get("run") != data.fingerprint:
        return False
    try:
        store.manifest(found["digest"])
    except ReleaseError:
        return False
    return True


def train(
    worker: Worker,
    data: TrainingData,
    checkpoints: Objects,
    done: Callable[[], bool],
    spot_notice_url: str | None,
    publish: Callable[[Any, list[float]], None],
    begin: Callable[[Any], None] = lambda _: None,
) -> int:
    """Train, and as the chief publish the release; leaves the process with its exit code.

    Args:
        worker: this one, with all peers of the run.
        data: what to learn from.
        checkpoints: where they are kept.
        done: whether the run's release is there.
        spot_notice_url: see ``training.fit.spot``; None where nobody asks.
        publish: takes the model and the losses.
        begin: takes the model before the first step.
    """
    run, settings = data.fingerprint, data.settings
    if not worker.alone:
        begin_lines_with(f"worker {worker.index}: ")
    monitor = PeerMonitor(worker, is_done=done, back=lambda peer: ask(peer, run) == "waiting")
    monitor.begin()
    if spot_notice_url:
        SpotNotice(spot_notice_url).begin(monitor.spot_notice)
    if 0 < settings.elastic_min_workers < len(worker.peers):
        monitor.gathering()
        least, wait = settings.elastic_min_workers, settings.elastic_wait_seconds
        chosen = gather(worker, run, least, wait, lambda: monitor.stopping)
        if chosen is None:
            return leave(EXIT_PREEMPTED)
        worker = chosen
        monitor.join(worker)
    prepare(os.environ, worker)
    if not worker.alone:
        logger.info(f"TF_CONFIG={os.environ['TF_CONFIG']}")
    from tensorflow import errors

    from training.fit.health import Straggling
    from training.fit.loop import Preempted, WorkersDisagree
    from training.fit.run import fit
    from training.operations.tracking.run import tracked

    lost = (errors.UnavailableError, errors.AbortedError, errors.CancelledError, errors.DeadlineExceededError)
    try:
        with tracked(data, worker, checkpoints) as tracking:
            model, losses = fit(
                data, worker, checkpoints, monitor, tracking.epoch, tracking.masked_epoch, begin
            )
    except Preempted:
        print("isthmus: stopped; the checkpoint is saved", file=sys.stderr)
        return leave(EXIT_PEER_LOST if monitor.regrouping else EXIT_PREEMPTED)
    except Straggling:
        print("isthmus: slower than the others; leaving, to be started elsewhere", file=sys.stderr)
        return leave(EXIT_STRAGGLING)
    except WorkersDisagree as error:
        print(f"isthmus: {error}; starting again", file=sys.stderr)
        return leave(EXIT_PEER_LOST)
    except lost as error:
        print(f"isthmus: another worker is gone ({type(error).__name__}); starting again", file=sys.stderr)
        return leave(EXIT_PEER_LOST)
    if not worker.is_chief:
        return leave(monitor.await_done())
    begin_lines_with("")
    publish(model, losses)
    return leave(0)


def publish(
    model: Any, losses: list[float], data: TrainingData, store: Store, name: str, started: float
) -> None:
    """Export, seal, push, and name the release for validation."""
    from training.release.build_release import build_release

    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "release"
        digest = build_release(model, data, losses, target)
        store.push(target)
    seconds = time.monotonic() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    store.set_candidate(name, digest, run=data.fingerprint, seconds=round(seconds, 1), peak_mib=round(peak))
    logger.info(f"release {digest} ({seconds:.0f} s, {peak:.0f} MiB)")


def leave(code: int) -> int:
    """End now: TensorFlow's own shutdown waits for peers that may be gone."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    run_job(main)
