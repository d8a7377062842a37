"""When checkpoints are written, and beside what: a thread writes while the next steps are done."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

from training.fit.checkpoint import Checkpoint, CheckpointStore


class CheckpointWriter:
    """Keeps the checkpoints of a run.

    Only copying the values is done between two steps; the archive, its digest and the store's answer are the
    thread's. A process that is killed meanwhile leaves the checkpoint before, as the pointer moves last.

    Args:
        store: where they are.
        saves: whether this worker saves while it trains (the chief).
        every_steps: save after so many steps; 0 is after each epoch only.
        every_seconds: save when so many seconds have gone since the last; 0 is after each epoch only.
        clock: seconds.
    """

    def __init__(
        self,
        store: CheckpointStore,
        saves: bool = True,
        every_steps: int = 0,
        every_seconds: float = 0.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store, self.saves, self._clock = store, saves, clock
        self._every_steps, self._every_seconds = every_steps, every_seconds
        self._steps, self._saved_at = 0, clock()
        self._thread = ThreadPoolExecutor(1, "checkpoints")
        self._writing: Future[None] | None = None

    def due(self) -> bool:
        """Count a step; whether a checkpoint is to be saved after it."""
        self._steps += 1
        by_steps = 0 < self._every_steps <= self._steps
        by_time = 0 < self._every_seconds <= self._clock() - self._saved_at
        return self.saves and (by_steps or by_time)

    def save(self, checkpoint: Checkpoint) -> None:
        """Write it in the background, once the one before is written.

        Raises:
            Exception: what writing the one before raised.
        """
        self.flush()
        self._steps, self._saved_at = 0, self._clock()
        self._writing = self._thread.submit(self._store.save, checkpoint)

    def flush(self) -> None:
        """Wait until all is written.

        Raises:
            Exception: what writing raised.
        """
        writing, self._writing = self._writing, None
        if writing is not None:
            writing.result()

    def load(self) -> Checkpoint | None:
        """The last good checkpoint."""
        self.flush()
        return self._store.load()
