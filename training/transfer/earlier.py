"""What an earlier transfer brought, so that good batches are never replaced by ones with far fewer rows."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

from training.errors import TrainingError
from training.transfer.bucket import BatchBucket
from training.transfer.manifest import TransferManifest

logger = logging.getLogger(__name__)

THEN = (
    "put the orders there again; or, if they are right, accept it this once: --accept-fewer, or "
    "orders.accept_fewer: true in the stack file; nothing was sent and nothing was taken away"
)


class FewerRows(TrainingError):
    """Batches that are there would be replaced by ones with far fewer rows, or by none."""


@dataclass(frozen=True)
class Earlier:
    """Rows by day, of what stands in the buckets and is still wanted."""

    rows: Mapping[date, int]

    @classmethod
    def of(cls, *manifests: tuple[BatchBucket, str], holds: Callable[[date], bool]) -> Earlier:
        """Read the manifests of the last transfer; one that cannot be read protects nothing, and is told.

        Args:
            manifests: buckets, and the keys there.
            holds: whether a day is still in the window.
        """
        rows: dict[date, int] = {}
        for bucket, key in manifests:
            content, where = bucket.get(key), f"s3://{bucket.name}/{key}"
            if content is None:
                continue
            try:
                manifest = TransferManifest.from_bytes(content, where)
            except TrainingError as error:
                logger.info(f"what was sent before is not compared: {error}")
                continue
            rows |= {batch.day: batch.rows for batch in manifest.batches if holds(batch.day)}
        return cls(rows)

    def refuse_fewer(self, now: Mapping[date, int], share: float) -> None:
        """Refuse to lose more than a share of the rows of a day, or of all days together.

        Days before the first one of now may go one by one, as a shop keeps its log for a while only; together
        they are part of all.

        Raises:
            FewerRows: naming the day, its rows then and now, and what to do.
        """
        for day, then in sorted(self.rows.items()):
            if day not in now and day < min(now):
                continue
            if now.get(day, 0) < (1 - share) * then:
                change = f"has {now[day]:,} rows now" if day in now else "is not among the orders any more"
                raise FewerRows(
                    f"{day} was sent with {then:,} rows before and {change}, while orders.limits.fewer lets "
                    f"{share:.0%} of them go: {THEN}"
                )
        then, left = sum(self.rows.values()), sum(now.get(day, 0) for day in self.rows)
        if left < (1 - share) * then:
            first = min(day for day in self.rows if day not in now)
            raise FewerRows(
                f"{then:,} rows of {len(self.rows)} days were sent before, and {left:,} would be left; "
                f"the orders begin on {min(now)} now, not on {first}, while orders.limits.fewer lets "
                f"{share:.0%} of the rows go: {THEN}"
            )
