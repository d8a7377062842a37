"""The transfer itself: clean and judge all, upload what is not there yet, show it by the manifest last."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from isthmus.errors import StoreFailed
from isthmus.progress import Progress
from training.errors import TrainingError
from training.orders.reading import clean_days as clean_days
from training.orders.source import OrderSource
from training.settings import TrainingSettings
from training.transfer.batch_uploader import BatchUploader, Tally
from training.transfer.bucket import BatchBucket
from training.transfer.earlier import Earlier
from training.transfer.manifest import (
    BATCH_PREFIX,
    HELD_BACK_MANIFEST_KEY,
    HELD_BACK_PREFIX,
    MANIFEST_KEY,
    REJECTS_MANIFEST_KEY,
    REJECTS_PREFIX,
    TransferManifest,
    describe,
)
from training.transfer.pseudonym import Pseudonyms
from training.transfer.refused import REPORT_KEY
from training.transfer.staging import Staged, Staging
from training.transfer.upload_limits import BytesSent

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Transferred:
    """What a transfer did; in a dry run, what it would do.

    Attributes:
        arrivals: the manifest of what is learned from.
        held_back: the manifest of what stays in the private site.
        sent: batches sent, of both.
        skipped: batches that were there.
        rejected: the manifest of the rows left out, kept in the private site with their reason.
        bytes_sent: size of the batches sent.
        sent_again: parts and files that had arrived changed, and were sent again.
        taken_away: batches of earlier windows, keys or contents that are gone now.
    """

    arrivals: TransferManifest
    held_back: TransferManifest
    sent: int
    skipped: int
    rejected: TransferManifest
    bytes_sent: int
    sent_again: int
    taken_away: int


def split_days(
    days: list[date], settings: TrainingSettings, instead: str = "set it to fewer days"
) -> tuple[list[date], list[date]]:
    """Days to learn from, and days held back: the last ``hold_back_days`` calendar days of the window.

    Args:
        days: with orders, oldest first.
        settings: window and days to hold back.
        instead: what whoever reads the error can do, in words of the command that was given.

    Raises:
        TrainingError: when either would be empty.
    """
    window = [day for day in days if settings.window.holds(day)]
    if not window:
        raise TrainingError(
            f"no orders between {settings.window.first_day or 'the first day'} and "
            f"{settings.window.last_day or 'the last'}; there are orders from {days[0]} to {days[-1]}: "
            "mend training.window"
        )
    first_held_back = window[-1] - timedelta(days=settings.hold_back_days) + timedelta(days=1)
    learn = [day for day in window if day < first_held_back]
    if not learn:
        raise TrainingError(
            f"training.hold_back_days is {settings.hold_back_days}, but there are orders from "
            f"{window[0]} to {window[-1]} only, so nothing is left to learn from; {instead}"
        )
    return learn, [day for day in window if day >= first_held_back]


def transfer(
    source: OrderSource,
    pseudonyms: Pseudonyms,
    settings: TrainingSettings,
    arrivals: BatchBucket,
    private: BatchBucket,
    dry_run: bool = False,
    progress: BytesSent | None = None,
) -> Transferred:
    """Bring the orders to where they may be used. Safe to kill and to repeat at any moment.

    Nothing leaves and nothing is taken away before all days are cleaned and judged: orders that are written
    in another way than their settings say, or far fewer rows than were sent before, are refused. So are texts
    that name a customer, an invoice or another private value of these days; the rows are named in the private
    bucket alone.

    The held-back days go to the private bucket only, and first: an interrupted transfer has uploaded nothing
    that a later one would hold back. What an earlier transfer brought and this one's manifests do not name
    (days that are held back now, pseudonyms of a rotated key) is taken away once the manifests are there.

    Args:
        source: raw orders.
        pseudonyms: of the current key.
        settings: window and held-back days.
        arrivals: takes batches to learn from.
        private: takes held-back batches and rejected rows.
        dry_run: read, clean and compare, but write nothing anywhere.
        progress: takes bytes as they leave for ``arrivals``.

    Raises:
        OrdersRefused: more of the orders would be left out than ``orders.limits`` allow.
        FewerRows: a batch would be replaced by one with far fewer rows.
        TextsNameSomebody: see ``training.transfer.refused``.
    """
    learn, held_back = split_days(source.days(), settings)
    logger.info(
        f"orders: {source.url}, {learn[0]} to {learn[-1]} to learn from, {len(held_back)} days held back, "
        f"key {pseudonyms.key_id}{', dry run' if dry_run else ''}"
    )
    with tempfile.TemporaryDirectory(prefix="isthmus-transfer-") as folder:
        leaving = Staging(pseudonyms, source.settings, Path(folder), BATCH_PREFIX)
        staying = Staging(pseudonyms, source.settings, Path(folder), HELD_BACK_PREFIX)
        _read(source, learn, leaving, held_back, staying)
        without = leaving.hold_against_identifiers(private, settings.transfer.withhold_texts, dry_run)
        staged = [*leaving.staged(without), *staying.staged(set())]
        rows = {day.entry.day: day.entry.rows for day in staged}
        if arrivals.takes_away and not source.settings.accept_fewer:
            before = Earlier.of(
                (arrivals, MANIFEST_KEY),
                (private, HELD_BACK_MANIFEST_KEY),
                holds=settings.window.holds,
            )
            before.refuse_fewer(rows, source.settings.limits.fewer)
        return _send(source, staged, set(held_back), pseudonyms, arrivals, private, dry_run, progress)


def _read(
    source: OrderSource,
    learn: Sequence[date],
    leaving: Staging,
    held_back: Sequence[date],
    staying: Staging,
) -> None:
    """Clean, judge and put aside every day."""
    days = (*learn, *held_back)
    for number, cleaned in enumerate(clean_days(source, days), 1):
        (leaving if number <= len(learn) else staying).take(cleaned)
        purchases, read = cleaned.counts["kept"], cleaned.counts["read"]
        note = f"{cleaned.day}, {purchases:,} of {read:,} rows kept"
        logger.info(Progress("clean", number, len(days), note))


def _send(
    source: OrderSource,
    staged: Sequence[Staged],
    held_back: Collection[date],
    pseudonyms: Pseudonyms,
    arrivals: BatchBucket,
    private: BatchBucket,
    dry_run: bool,
    progress: BytesSent | None,
) -> Transferred:
    before = {
        (bucket, prefix): set(bucket.keys(prefix) if bucket.takes_away and not dry_run else ())
        for bucket, prefix in (
            (private, HELD_BACK_PREFIX), (private, REJECTS_PREFIX), (arrivals, BATCH_PREFIX)
        )
    }  # fmt: skip
    tally = Tally()

    def send(days: list[Staged], bucket: BatchBucket) -> TransferManifest:
        leaving = progress if bucket is arrivals else None
        entries, counts = BatchUploader(bucket, private, tally, dry_run, leaving).run(days)
        return TransferManifest.of(entries, counts, pseudonyms.key_id, source.settings.recorded())

    def show(bucket: BatchBucket, key: str, manifest: TransferManifest) -> None:
        if not dry_run:
            bucket.put(key, manifest.to_bytes())

    private_manifest = send([day for day in staged if day.entry.day in held_back], private)
    show(private, HELD_BACK_MANIFEST_KEY, private_manifest)
    arrivals_manifest = send([day for day in staged if day.entry.day not in held_back], arrivals)
    if not dry_run and private.get(REPORT_KEY) is not None:  # of an earlier transfer; all is well now
        private.erase(REPORT_KEY, {REPORT_KEY})
    rejects = TransferManifest.of(tally.rejects, tally.reasons)
    show(private, REJECTS_MANIFEST_KEY, rejects)
    show(arrivals, MANIFEST_KEY, arrivals_manifest)
    named = {
        batch.key for manifest in (private_manifest, arrivals_manifest, rejects) for batch in manifest.batches
    }
    taken_away = 0
    for (bucket, prefix), keys in before.items():
        if bucket.takes_away and not dry_run:
            bucket.erase(prefix, keys - named)
            bucket.abort(prefix)
            taken_away += len(keys - named)
    for bucket, prefix, manifest in (
        (private, HELD_BACK_PREFIX, private_manifest), (arrivals, BATCH_PREFIX, arrivals_manifest)
    ):  # fmt: skip
        # A transfer of another window, at the same time, may have taken away what was there for this one.
        gone = {batch.key for batch in manifest.batches} - set(named if dry_run else bucket.keys(prefix))
        if gone:
            raise StoreFailed(
                f"s3://{bucket.name}/{min(gone)} is gone again: another transfer ran at the same time; "
                "run this one again"
            )
    done = Transferred(
        arrivals=arrivals_manifest,
        held_back=private_manifest,
        sent=tally.batches[True],
        skipped=tally.batches[False],
        rejected=rejects,
        bytes_sent=tally.bytes_sent,
        sent_again=tally.sent_again,
        taken_away=taken_away,
    )
    logger.info(f"cleaning: {describe(arrivals_manifest.cleaning)}")
    logger.info(_summary(done, dry_run))
    return done


def _summary(done: Transferred, dry_run: bool) -> str:
    parts = [f"{done.sent} batches {'would be ' if dry_run else ''}sent, {done.skipped} were there"]
    parts += [f"{done.sent_again} sent again"] if done.sent_again else []
    parts += [f"{done.taken_away} taken away"] if done.taken_away else []
    return f"{'dry run' if dry_run else 'transferred'}: {', '.join(parts)}; {done.arrivals.digest}"
