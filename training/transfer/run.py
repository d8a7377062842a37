"""The transfer itself: clean, pseudonymise, upload what is not there yet, show it by the manifest last."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from training.errors import TrainingError
from training.orders.cleaning import CleanDay, clean
from training.orders.source import OrderSource, read_day
from training.settings import TrainingSettings
from training.transfer.batch import BatchEntry, entry_of, pseudonymous, to_parquet
from training.transfer.bucket import BatchBucket
from training.transfer.manifest import (
    BATCH_PREFIX,
    HELD_BACK_MANIFEST_KEY,
    HELD_BACK_PREFIX,
    MANIFEST_KEY,
    TransferManifest,
)
from training.transfer.pseudonym import Pseudonyms


@dataclass(frozen=True)
class Transferred:
    """What a transfer did: both manifests, and how many batches were sent and how many were there."""

    arrivals: TransferManifest
    held_back: TransferManifest
    sent: int
    skipped: int


def split_days(days: list[date], settings: TrainingSettings) -> tuple[list[date], list[date]]:
    """Days to learn from, and days held back: the last ``hold_back_days`` calendar days of the window.

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
            f"training.hold_back_days is {settings.hold_back_days}, but the window has orders from "
            f"{window[0]} to {window[-1]} only, so nothing is left to learn from; hold back fewer days"
        )
    return learn, [day for day in window if day >= first_held_back]


def transfer(
    source: OrderSource,
    pseudonyms: Pseudonyms,
    settings: TrainingSettings,
    arrivals: BatchBucket,
    private: BatchBucket,
    say: Callable[[str], None] = print,
) -> Transferred:
    """Bring the orders to where they may be used. Safe to kill and to repeat at any moment.

    The held-back days go to the private bucket only, and first: an interrupted transfer has uploaded nothing
    that a later one would hold back.
    """
    learn, held_back = split_days(source.days(), settings)
    say(f"orders: {source.url}, {learn[0]} to {learn[-1]} to learn from, {len(held_back)} days held back")
    sent: Counter[bool] = Counter()
    private_manifest = _send(source, held_back, pseudonyms, private, HELD_BACK_PREFIX, sent, say)
    private.put(HELD_BACK_MANIFEST_KEY, private_manifest.to_bytes())
    arrivals_manifest = _send(source, learn, pseudonyms, arrivals, BATCH_PREFIX, sent, say)
    arrivals.put(MANIFEST_KEY, arrivals_manifest.to_bytes())
    say(f"cleaning: {describe(arrivals_manifest.cleaning)}")
    say(f"transferred: {sent[True]} batches sent, {sent[False]} were there; {arrivals_manifest.digest}")
    return Transferred(arrivals_manifest, private_manifest, sent[True], sent[False])


def describe(counts: dict[str, int]) -> str:
    """Cleaning counts in one line: rows read, kept, and left out by reason."""
    left_out = {name: n for name, n in counts.items() if name not in ("read", "kept") and n}
    reasons = ", ".join(f"{n:,} {name.replace('_', ' ')}" for name, n in sorted(left_out.items()))
    return f"{counts['read']:,} rows read, {counts['kept']:,} kept; left out: {reasons or 'none'}"


def clean_days(source: OrderSource, days: list[date]) -> Iterator[CleanDay]:
    """Cleaned days, one at a time: memory holds one."""
    for day in days:
        yield clean(day, read_day(source, day))


def _send(
    source: OrderSource,
    days: list[date],
    pseudonyms: Pseudonyms,
    bucket: BatchBucket,
    prefix: str,
    sent: Counter[bool],
    say: Callable[[str], None],
) -> TransferManifest:
    entries: list[BatchEntry] = []
    counts: Counter[str] = Counter({"read": 0, "kept": 0})
    for number, cleaned in enumerate(clean_days(source, days), 1):
        counts.update(cleaned.counts)
        rows = pseudonymous(cleaned, pseudonyms)
        content = to_parquet(rows)
        entry = entry_of(cleaned.day, len(rows), content, prefix)
        new = not bucket.holds(entry)
        if new:
            bucket.put(entry.key, content)
        sent[new] += 1
        entries.append(entry)
        say(
            f"[{number}/{len(days)}] {cleaned.day} -> s3://{bucket.name}: {entry.rows:,} rows, "
            f"{entry.size:,} bytes, {'sent' if new else 'was there'}"
        )
    return TransferManifest.of(entries, counts)
