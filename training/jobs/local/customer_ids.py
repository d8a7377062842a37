"""The ids of all customers whose orders were learned from on this machine: what pseudonyms are joined by.

Only who holds both this file and the key can tell a customer of a release. Like the key it belongs to the
user alone and is in no release.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from filelock import FileLock
from platformdirs import user_data_path

from isthmus.atomic_files import atomic_write
from isthmus.os_errors import as_sentences
from training.errors import TrainingError
from training.orders.schema import customers
from training.orders.source import OrderSource, read_day


def customer_ids(source: OrderSource) -> set[str]:
    """All customer ids of an order log, as the source writes them (``17850``, without ``.0``).

    Raises:
        TrainingError: when a file of it cannot be read.
    """
    found: set[str] = set()
    for day in source.days():
        text = read_day(source, day)["CustomerID"].str.strip()
        found.update(customers(text, source.settings).unique())
    return found - {""}


class CustomerIds:
    """A file of customer ids, one a line."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or user_data_path("isthmus") / "customers.txt"

    def ids(self) -> set[str]:
        """What is remembered; empty before the first training."""
        try:
            with as_sentences():
                return set(self.path.read_text().split("\n")) - {""}
        except FileNotFoundError:
            return set()
        except UnicodeDecodeError:
            raise TrainingError(
                f"{self.path} is no list of customers; remove it and run `isthmus train` again"
            ) from None

    def remember(self, ids: Iterable[str]) -> None:
        """Add ids; two runs at once lose none."""
        with as_sentences(writing=self.path):
            self.path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(self.path.with_suffix(".lock")):
            known = self.ids()
            if (all_of_them := known | set(ids)) == known:
                return
            lines = (f"{customer}\n" for customer in sorted(all_of_them))
            atomic_write(self.path, "".join(lines).encode(), 0o600)
