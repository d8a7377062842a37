"""Which worker this process is, and the strategy it trains with."""

from __future__ import annotations

import json
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any

from training.errors import TrainingError


@dataclass(frozen=True)
class Worker:
    """Worker ``index`` of ``peers`` ("host:port" each); worker 0 is the chief, who keeps checkpoints.

    ``absent`` are workers of the run that did not come, and are waited for while it goes on.
    """

    index: int
    peers: tuple[str, ...]
    absent: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Where this worker is: the same however many others there are."""
        return self.peers[self.index]

    @property
    def is_chief(self) -> bool:
        return self.index == 0

    @property
    def alone(self) -> bool:
        return len(self.peers) < 2

    @property
    def others(self) -> tuple[tuple[str, int], ...]:
        """Host and port of the other workers."""
        pairs = (peer.rpartition(":") for number, peer in enumerate(self.peers) if number != self.index)
        return tuple((host, int(port)) for host, _, port in pairs)

    def tf_config(self) -> str:
        """TF_CONFIG as TensorFlow reads it."""
        return json.dumps(
            {"cluster": {"worker": list(self.peers)}, "task": {"type": "worker", "index": self.index}}
        )


ALONE = Worker(0, ("127.0.0.1:0",))


def worker_of(environment: Mapping[str, str]) -> Worker:
    """The worker that JOB_COMPLETION_INDEX and TRAINING_PEERS ("train-0.train:2222,train-1.train:2223") name.

    Raises:
        TrainingError: when the index names none of the peers, or a peer has no port.
    """
    peers = tuple(peer.strip() for peer in environment.get("TRAINING_PEERS", "").split(",") if peer.strip())
    if not peers:
        return ALONE
    text = environment.get("JOB_COMPLETION_INDEX", "0")
    if not text.isdecimal() or int(text) >= len(peers):
        raise TrainingError(
            f"JOB_COMPLETION_INDEX is {text!r}, but TRAINING_PEERS names workers 0 to {len(peers) - 1}"
        )
    for peer in peers:
        host, _, port = peer.rpartition(":")
        if not host or not port.isdecimal():
            raise TrainingError(f"TRAINING_PEERS holds {peer!r}; each peer is HOST:PORT")
    return Worker(int(text), peers)


def prepare(environment: MutableMapping[str, str], worker: Worker) -> None:
    """Set what TensorFlow reads when it is imported; call before the first import of it."""
    environment.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    environment.setdefault("GRPC_VERBOSITY", "ERROR")
    environment.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
    if worker.alone:
        environment.pop("TF_CONFIG", None)
    else:
        environment["TF_CONFIG"] = worker.tf_config()


def limit_threads(worker: Worker) -> None:
    """Threads of TensorFlow on CPUs, which it takes once in a process: whatever learns sets the same.

    Two in an operation for a worker alone, which gains a fifth; one for each of several: they share the cores
    in a rehearsal.
    """
    import tensorflow as tf

    if not tf.config.list_physical_devices("GPU"):
        tf.config.threading.set_intra_op_parallelism_threads(2 if worker.alone else 1)
        tf.config.threading.set_inter_op_parallelism_threads(1 if worker.alone else 2)


def strategy_of(worker: Worker, seed: int) -> Any:
    """The strategy: plain for one worker, MultiWorkerMirroredStrategy in a ring for more.

    A fixed number of threads and deterministic kernels: the same run gives the same weights to the last bit,
    also on a machine with another number of cores.
    """
    import keras
    import tensorflow as tf

    limit_threads(worker)
    keras.utils.set_random_seed(seed)
    if worker.alone:
        tf.config.experimental.enable_op_determinism()
        return tf.distribute.get_strategy()
    options = tf.distribute.experimental.CommunicationOptions(
        implementation=tf.distribute.experimental.CommunicationImplementation.RING
    )
    return tf.distribute.MultiWorkerMirroredStrategy(communication_options=options)
