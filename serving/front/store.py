"""The store of feedback: a bucket that finished files of the spool are brought to, each under its own name.

A file goes from the spool once the store has it whole. What could not be brought waits, and is tried again;
the same file brought twice is the same object. A store drops by ``id`` what two fronts took of one caller.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from pathlib import Path
from urllib.parse import urlsplit

from isthmus.errors import IsthmusError
from isthmus.object_store import Bucket, aws_client
from serving.front.metrics import Metrics
from serving.front.settings import StoreSettings
from serving.front.spool import FINISHED

logger = logging.getLogger(__name__)
END_S = 10.0
"""For the last files, when a front ends; what is not brought by then waits in the spool."""


class FeedbackStore:
    """Brings finished files of a spool to a bucket."""

    def __init__(self, settings: StoreSettings, spool: Path, metrics: Metrics) -> None:
        """Make the client, whose credentials are looked for when it is first used.

        Args:
            settings: where to.
            spool: folder of the spool.
            metrics: counts what was brought, and what failed.

        Raises:
            StoreMisnamed: the surroundings name an address or a profile that is none.
        """
        where = urlsplit(settings.url)
        self._bucket = Bucket(where.netloc, aws_client(), where.path.lstrip("/"))
        self._every_s, self._spool, self._metrics = settings.every_s, spool, metrics
        self._failing = False
        self._ending = threading.Event()
        # Of its own, and nobody's to wait for: a store that does not answer must not hold up a front's end.
        self._thread = threading.Thread(target=self._keep_bringing, name="feedback-store", daemon=True)

    def start(self) -> None:
        """Bring what is finished, again and again, beside the requests."""
        self._thread.start()

    def finish(self) -> None:
        """Bring what there is, for a front that ends: as much of it as can be within ``END_S``."""
        self._ending.set()
        self._thread.join(END_S)

    def _keep_bringing(self) -> None:
        while not self._ending.wait(self._every_s):
            self._bring_all()
        self._bring_all()

    def _bring_all(self) -> None:
        """Bring finished files, the oldest first, and remove each.

        A failure ends this turn, and is told once by the log, until a turn goes well.
        """
        try:
            for path in sorted(self._spool.glob(f"{FINISHED}*.jsonl")):
                self._bring(path)
        except Exception as error:
            # Whatever it is, it must not end the thread: the next turn tries again.
            self._metrics.store_failures.inc()
            if not self._failing:
                expected = isinstance(error, IsthmusError | OSError)
                logger.warning(
                    "feedback waits in the spool, and is tried again: %s", error, exc_info=not expected
                )
            self._failing = True
        else:
            self._failing = False

    def oldest_s(self) -> float:
        """Age of the oldest file that waits, in seconds; 0 where none does."""
        ages = [0.0]
        for path in self._spool.glob(f"{FINISHED}*.jsonl"):
            with contextlib.suppress(FileNotFoundError):  # brought just now
                ages.append(time.time() - path.stat().st_mtime)
        return max(ages)

    def _bring(self, path: Path) -> None:
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            return  # another process of this spool was quicker
        self._bucket.put(key_of(path.name), content, ContentType="application/x-ndjson")
        path.unlink(missing_ok=True)
        self._metrics.stored.inc()


def key_of(name: str) -> str:
    """The key of a finished file: by the day on which it was finished, as query engines read partitions."""
    day = name.removeprefix(FINISHED)[:8]
    return f"day={day[:4]}-{day[4:6]}-{day[6:]}/{name}"
