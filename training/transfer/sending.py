"""Days cleaned one after the other, while those before are still on their way."""

from __future__ import annotations

import tempfile
from collections import Counter, deque
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from training.orders.cleaning import REASONS, CleanDay
from training.transfer.batch import REJECTS, BatchEntry, pseudonymous, write_batch
from training.transfer.bucket import BatchBucket
from training.transfer.line import Progress
from training.transfer.manifest import REJECTS_PREFIX
from training.transfer.pseudonym import Pseudonyms


@dataclass
class Tally:
    """What was sent; in a dry run, what would be."""

    batches: Counter[bool] = field(default_factory=Counter)
    """By whether they were sent (True) or there already."""
    bytes_sent: int = 0
    sent_again: int = 0
    """Parts and files that had arrived changed."""
    rejects: list[BatchEntry] = field(default_factory=list)
    reasons: Counter[str] = field(default_factory=Counter)


@dataclass
class Sending:
    """Sends the days of one manifest; rows left out go to the private bucket before.

    ``progress`` takes bytes as they leave towards ``bucket``. With ``dry_run`` nothing is written anywhere.
    """

    pseudonyms: Pseudonyms
    bucket: BatchBucket
    prefix: str
    private: BatchBucket
    tally: Tally
    say: Callable[[str], None] = print
    dry_run: bool = False
    progress: Progress | None = None

    def run(self, days: Iterable[CleanDay], total: int) -> tuple[list[BatchEntry], Counter[str]]:
        """Batches in order, and the counts of the cleaning. Memory holds a day, disk a few files."""
        entries: list[BatchEntry] = []
        counts: Counter[str] = Counter({"read": 0, "kept": 0})
        at_once = self.bucket.line.settings.at_once
        with (
            tempfile.TemporaryDirectory(prefix="isthmus-transfer-") as folder,
            ThreadPoolExecutor(at_once, "batch") as pool,
        ):
            waiting: deque[tuple[BatchEntry, Future[tuple[bool, int]]]] = deque()

            def arrive() -> None:
                entry, arriving = waiting.popleft()
                new, sent_again = arriving.result()
                self.tally.sent_again += sent_again
                entries.append(entry)
                self.tally.batches[new] += 1
                self.tally.bytes_sent += entry.size if new else 0
                verb = ("would be sent" if self.dry_run else "sent") if new else "was there"
                self.say(
                    f"[{len(entries)}/{total}] {entry.day} -> s3://{self.bucket.name}: "
                    f"{entry.rows:,} rows, {entry.size:,} bytes, {verb}"
                )

            try:
                for cleaned in days:
                    counts.update(cleaned.counts)
                    waiting.append(self._begin(cleaned, Path(folder), pool))
                    if len(waiting) > at_once:
                        arrive()
                while waiting:
                    arrive()
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise
        return entries, counts

    def _begin(
        self, cleaned: CleanDay, folder: Path, pool: ThreadPoolExecutor
    ) -> tuple[BatchEntry, Future[tuple[bool, int]]]:
        kept, left_out = folder / f"{cleaned.day}.kept", folder / f"{cleaned.day}.rejects"
        entry = write_batch(pseudonymous(cleaned, self.pseudonyms), kept, cleaned.day, self.prefix)
        rejects = None
        if len(cleaned.rejects):
            rejects = write_batch(cleaned.rejects, left_out, cleaned.day, REJECTS_PREFIX, REJECTS)
            self.tally.rejects.append(rejects)
            self.tally.reasons.update({reason: cleaned.counts[reason] for reason in REASONS})
        return entry, pool.submit(self._bring, entry, kept, rejects, left_out)

    def _bring(
        self, entry: BatchEntry, kept: Path, rejects: BatchEntry | None, left_out: Path
    ) -> tuple[bool, int]:
        """Whether the batch was not there yet, and what of it and of its rejects had arrived changed."""
        sent_again = 0
        if rejects is not None:
            if not self.dry_run and not self.private.holds(rejects, left_out):
                sent_again += self.private.send(rejects, left_out, self.say)
            left_out.unlink()
        new = not self.bucket.holds(entry, kept)
        if new and not self.dry_run:
            sent_again += self.bucket.send(entry, kept, self.say, self.progress)
        kept.unlink()
        return new, sent_again
