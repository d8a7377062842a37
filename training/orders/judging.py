"""Whether what is left out of a log is dirt, or the log is written in another way than the settings say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from training.errors import TrainingError
from training.orders.cleaning import REJECTED, CleanDay
from training.orders.explaining import explained
from training.orders.settings import OrdersSettings

UNTOUCHED, UNCHANGED = "nothing was sent and nothing was taken away", "nothing was changed"


class OrdersRefused(TrainingError):
    """Too much of the orders would be left out."""


@dataclass
class Judge:
    """Judges days one by one, and all of them at the end.

    Args:
        settings: with the limits.
        spared: what to say was left as it is.
    """

    settings: OrdersSettings
    spared: str = UNTOUCHED
    _all: Counter[str] = field(default_factory=Counter)
    _examples: dict[str, str] = field(default_factory=dict)

    def day(self, cleaned: CleanDay) -> CleanDay:
        """Judge a day; returns it.

        Raises:
            OrdersRefused: more than its limits is left out; names file, line, column, an example of a value
                and the setting that would read it.
        """
        self.counts(
            cleaned.counts, lambda reason: explained(cleaned.source, cleaned.rejects, reason, self.settings)
        )
        return cleaned

    def counts(self, counts: Mapping[str, int], example: Callable[[str], str]) -> None:
        """Judge a day by its counts of ``read`` and of some reasons; ``example`` gives one of a reason.

        Raises:
            OrdersRefused: see ``day``.
        """
        self._all.update(counts)
        if counts.get("read", 0) == 0:
            return
        for reason in REJECTED:
            if not counts.get(reason):
                continue
            if reason not in self._examples:
                self._examples[reason] = example(reason)
            most = getattr(self.settings.limits.day, reason)
            if self._beyond(counts, reason, most):
                share = self._share(counts, reason, "this day", f"orders.limits.day.{reason}", most)
                raise OrdersRefused(f"{example(reason)}; {share}; {self.spared}")

    def all(self) -> None:
        """Judge all days together.

        Raises:
            OrdersRefused: more than the limits of all days is left out, or nothing is left.
        """
        counts = self._all
        for reason in REJECTED:
            most = getattr(self.settings.limits.all, reason)
            if self._beyond(counts, reason, most):
                share = self._share(counts, reason, "all days", f"orders.limits.all.{reason}", most)
                raise OrdersRefused(f"{self._examples[reason]}; {share}; {self.spared}")
        if "kept" in counts and counts["read"] and not counts["kept"]:
            reason = max(REJECTED, key=lambda name: counts[name])
            raise OrdersRefused(
                f"none of {counts['read']:,} rows is a purchase; most are {reason.replace('_', ' ')}: "
                f"{self._examples.get(reason, 'they are blank')}; {self.spared}"
            )

    def _beyond(self, counts: Mapping[str, int], reason: str, most: float) -> bool:
        left_out, read = counts.get(reason, 0), counts.get("read", 0)
        if left_out <= most * read:
            return False
        return left_out > self.settings.limits.spare_rows or 2 * left_out > read

    def _share(self, counts: Mapping[str, int], reason: str, what: str, key: str, most: float) -> str:
        return (
            f"{counts[reason]:,} of {counts['read']:,} rows of {what} would be left out as "
            f"{reason.replace('_', ' ')}, and {key} is {most:g}"
        )
