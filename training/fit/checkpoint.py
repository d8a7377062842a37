"""Checkpoints: one file per save and a pointer that is moved last, in a folder or in S3."""

from __future__ import annotations

import hashlib
import io
import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

import numpy as np
import numpy.typing as npt

from isthmus.atomic_files import atomic_write
from isthmus.object_store import Bucket
from training.errors import TrainingError

logger = logging.getLogger(__name__)

POINTER = "latest.json"
KEPT = 2


@dataclass(frozen=True)
class Checkpoint:
    """All that a run needs to go on: ``epoch`` full epochs and ``step`` steps are done.

    ``loss`` is the sum over the steps of the epoch under way, ``losses`` the means of the epochs done;
    ``values`` are the trainable variables and then the optimizer's, in the order that the model builds them;
    ``rate`` is the factor by which the learning rate was lowered after a loss that was no number.
    """

    epoch: int
    step: int
    loss: float
    losses: tuple[float, ...]
    values: Sequence[npt.NDArray[Any]]
    rate: float = 1.0

    def to_bytes(self) -> bytes:
        """An .npz archive; nothing in it can run code when it is read."""
        sink = io.BytesIO()
        head = {
            "epoch": self.epoch,
            "step": self.step,
            "loss": self.loss,
            "losses": list(self.losses),
            "rate": self.rate,
        }
        named = {f"value_{number:04}": value for number, value in enumerate(self.values)}
        np.savez(sink, head=np.frombuffer(json.dumps(head).encode(), np.uint8), **named)
        return sink.getvalue()

    @classmethod
    def from_bytes(cls, content: bytes) -> Checkpoint:
        with np.load(io.BytesIO(content), allow_pickle=False) as archive:
            head = json.loads(archive["head"].tobytes())
            values = [archive[name] for name in sorted(archive.files) if name.startswith("value_")]
        return cls(head["epoch"], head["step"], head["loss"], tuple(head["losses"]), values, head["rate"])


class Objects(Protocol):
    """Named bytes; ``put`` is all or nothing."""

    def put(self, name: str, content: bytes, /) -> object: ...
    def get(self, name: str, /) -> bytes | None: ...
    def delete(self, name: str, /) -> None: ...


class CheckpointStore:
    """The checkpoints of one run: the last one, and the one before in case that the last is damaged.

    Args:
        objects: where they are.
        run: the run's fingerprint; a run with other orders or settings never meets them.
    """

    def __init__(self, objects: Objects, run: str) -> None:
        self._objects, self._run = objects, run

    def save(self, checkpoint: Checkpoint) -> None:
        """Write the checkpoint, then move the pointer, then drop what is older than the one before."""
        content = checkpoint.to_bytes()
        sha256 = hashlib.sha256(content).hexdigest()
        name = f"{self._run}/checkpoint-{checkpoint.epoch:04}-{checkpoint.step:06}-{sha256[:8]}.npz"
        # Read anew each time: a worker that is told to stop saves too, not only the chief.
        earlier = [entry for entry in self._listed() if entry["name"] != name]
        self._objects.put(name, content)
        pointer = [{"name": name, "sha256": sha256}, *earlier[: KEPT - 1]]
        self._objects.put(self._pointer, json.dumps(pointer).encode())
        for entry in earlier[KEPT - 1 :]:
            self._objects.delete(entry["name"])

    def load(self) -> Checkpoint | None:
        """The last checkpoint that is what the pointer says; None when there is none."""
        listed = self._listed()
        for number, entry in enumerate(listed):
            content = self._objects.get(entry["name"])
            if content is not None and hashlib.sha256(content).hexdigest() == entry["sha256"]:
                return Checkpoint.from_bytes(content)
            fault = (
                "is missing" if content is None else f"does not have the SHA-256 {entry['sha256'][:16]}..."
            )
            next_best = "the one before" if number + 1 < len(listed) else "none, so training begins anew"
            logger.info(f"checkpoint {entry['name']} {fault}; going on from {next_best}")
        return None

    def _listed(self) -> list[dict[str, str]]:
        """What the pointer names, the newest first."""
        pointer = self._objects.get(self._pointer)
        return [] if pointer is None else list(json.loads(pointer))

    @property
    def _pointer(self) -> str:
        return f"{self._run}/{POINTER}"


class FolderObjects:
    """Objects in a folder of this machine."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def put(self, name: str, content: bytes) -> None:
        atomic_write(self.folder / name, content)

    def get(self, name: str) -> bytes | None:
        path = self.folder / name
        return path.read_bytes() if path.is_file() else None

    def delete(self, name: str) -> None:
        (self.folder / name).unlink(missing_ok=True)


def open_objects(url: str, client: Any = None) -> Objects:
    """Objects at ``s3://BUCKET/PREFIX`` or in a folder (plain path).

    Raises:
        TrainingError: for another kind of URL.
    """
    parts = urlsplit(url)
    if parts.scheme == "s3":
        prefix = parts.path.strip("/")
        return Bucket(parts.netloc, client, f"{prefix}/" if prefix else "")
    if parts.scheme in ("", "file"):
        return FolderObjects(Path(parts.path))
    raise TrainingError(f"CHECKPOINT_URL is {url!r}; allowed are s3://BUCKET/PREFIX and a folder")
