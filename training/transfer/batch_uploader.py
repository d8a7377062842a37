"""Batches made whole and judged before the first of them leaves, then sent several at once."""

from __future__ import annotations

import logging
from collections import Counter, deque
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

from isthmus.progress import Progress
from training.orders.cleaning import REJECTED
from training.transfer.batch import BatchEntry
from training.transfer.bucket import BatchBucket
from training.transfer.staging import Staged
from training.transfer.upload_limits import BytesSent

logger = logging.getLogger(__name__)


@dataclass
class Tally:
    """What was sent; in a dry run, what would be."""

    batches: Counter[bool] = field(default_factory=Counter)
    """How many were sent (True), and how many were there already (False)."""
    bytes_sent: int = 0
    sent_again: int = 0
    """Parts and files that had arrived changed."""
    rejects: list[BatchEntry] = field(default_factory=list)
    reasons: Counter[str] = field(default_factory=Counter)


@dataclass
class BatchUploader:
    """Sends the days of one manifest; rows left out go to the private bucket before.

    ``progress`` takes bytes as they leave towards ``bucket``. With ``dry_run`` nothing is written anywhere.
    """

    bucket: BatchBucket
    private: BatchBucket
    tally: Tally
    dry_run: bool = False
    progress: BytesSent | None = None

    def run(self, days: Sequence[Staged]) -> tuple[list[BatchEntry], Counter[str]]:
        """Batches in order, and the counts of the cleaning. A file is gone once it was sent."""
        entries: list[BatchEntry] = []
        counts: Counter[str] = Counter({"read": 0, "kept": 0})
        at_once = self.bucket.limits.settings.at_once
        with ThreadPoolExecutor(at_once, "batch") as pool:
            waiting: deque[tuple[BatchEntry, Future[tuple[bool, int]]]] = deque()

            def arrive() -> None:
                entry, arriving = waiting.popleft()
                new, sent_again = arriving.result()
                self.tally.sent_again += sent_again
                entries.append(entry)
                self.tally.batches[new] += 1
                self.tally.bytes_sent += entry.size if new else 0
                verb = ("would be sent" if self.dry_run else "sent") if new else "was there"
                stage = "hold back" if self.bucket is self.private else "send"
                note = f"{entry.day} {verb}: {entry.rows:,} rows, {entry.size:,} bytes"
                logger.info(Progress(stage, len(entries), len(days), note))

            try:
                for staged in days:
                    counts.update(staged.counts)
                    if staged.rejects is not None:
                        self.tally.rejects.append(staged.rejects)
                        self.tally.reasons.update({reason: staged.counts[reason] for reason in REJECTED})
                    waiting.append((staged.entry, pool.submit(self._bring, staged)))
                    if len(waiting) > at_once:
                        arrive()
                while waiting:
                    arrive()
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise
        return entries, counts

    def _bring(self, staged: Staged) -> tuple[bool, int]:
        """Whether the batch was not there yet, and what of it and of its rejects had arrived changed."""
        sent_again = 0
        if staged.rejects is not None:
            if not self.dry_run and not self.private.holds(staged.rejects, staged.left_out):
                sent_again += self.private.send(staged.rejects, staged.left_out)
            staged.left_out.unlink()
        new = not self.bucket.holds(staged.entry, staged.kept)
        if new and not self.dry_run:
            sent_again += self.bucket.send(staged.entry, staged.kept, self.progress)
        staged.kept.unlink()
        return new, sent_again
