"""Days made ready on this machine: cleaned, without whom they are of, with what may be said of the products.

What is said of a product is known once all its rows are, so a day's rows wait on disk until the last day was
read. Nothing has left by then, and nothing does where a text names somebody.
"""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pandas as pd
import pyarrow.feather as feather

from training.orders.cleaning import CleanDay
from training.orders.day_rows import NotAccounted
from training.orders.settings import OrdersSettings
from training.transfer.batch import REJECTS, BatchEntry, described, pseudonymous, write_batch
from training.transfer.bucket import BatchBucket
from training.transfer.catalogue import ProductCatalogue
from training.transfer.manifest import REJECTS_PREFIX
from training.transfer.naming import Named, Scan, identifiers_of
from training.transfer.pseudonym import Pseudonyms
from training.transfer.refused import refuse

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Staged:
    """A day that is ready to be sent: its batch and its rejected rows as files of this machine.

    Attributes:
        entry: names the batch.
        kept: its file.
        rejects: names the rows left out; None where there are none.
        left_out: their file.
        counts: of the cleaning.
    """

    entry: BatchEntry
    kept: Path
    rejects: BatchEntry | None
    left_out: Path
    counts: Counter[str]


@dataclass(frozen=True)
class _Waiting:
    """A day that waits for what is said of its products."""

    day: date
    where: str
    kept: Path
    identifiers: Path
    rejects: BatchEntry | None
    left_out: Path
    counts: Counter[str]


class Staging:
    """The days of one manifest. Memory holds a day, and the catalogue; disk holds each row once.

    Args:
        pseudonyms: of the current key.
        settings: how the source is written.
        folder: of this machine.
        prefix: of the batches' keys.
    """

    def __init__(self, pseudonyms: Pseudonyms, settings: OrdersSettings, folder: Path, prefix: str) -> None:
        self._pseudonyms, self._settings, self._folder, self._prefix = pseudonyms, settings, folder, prefix
        self._catalogue = ProductCatalogue()
        self._waiting: list[_Waiting] = []

    def take(self, cleaned: CleanDay) -> None:
        """Put a day aside."""
        day_rows, left_out = self._folder / f"{cleaned.day}.rows", self._folder / f"{cleaned.day}.rejects"
        identifiers = identifiers_of(cleaned, self._settings)
        self._catalogue.add(cleaned, identifiers)
        rows = pseudonymous(cleaned, self._pseudonyms, {})
        feather.write_feather(rows, day_rows, compression="zstd")
        names = self._folder / f"{cleaned.day}.identifiers"
        table = pd.DataFrame({"identifier": list(identifiers), "kind": list(identifiers.values())}, dtype=str)
        feather.write_feather(table, names, compression="zstd")
        rejects = None
        if len(cleaned.rejects):
            rejects = write_batch(cleaned.rejects, left_out, cleaned.day, REJECTS_PREFIX, REJECTS)
        where = cleaned.source.where
        self._waiting.append(_Waiting(cleaned.day, where, day_rows, names, rejects, left_out, cleaned.counts))

    def hold_against_identifiers(self, private: BatchBucket, withhold: bool, dry_run: bool) -> set[str]:
        """Products whose text names a customer, an invoice or another private value of any of the days.

        Args:
            private: takes the report of a refusal.
            withhold: whether such products go without a text.
            dry_run: no report is written.

        Raises:
            TextsNameSomebody: there are some, and ``withhold`` is not set; or a product's code does.
        """
        scan = Scan(self._catalogue.products())
        named: dict[tuple[str, str, str], Named] = {}
        for day in self._waiting:
            columns = feather.read_table(day.identifiers).to_pydict()
            for found in scan.named(dict(zip(columns["identifier"], columns["kind"], strict=True))):
                named.setdefault((found.product.product_code, found.text, found.identifier), found)
        without = {found.product.product_code for found in named.values()}
        codes = any(found.text == found.product.product_code for found in named.values())
        if codes or (without and not withhold):
            refuse(list(named.values()), private, dry_run)
        if without:
            logger.info(f"{len(without)} products are sent without a text, as theirs could name somebody")
        return without

    def staged(self, without: set[str]) -> list[Staged]:
        """The days' batches, in which the products ``without`` have no text.

        Raises:
            NotAccounted: a batch has other rows than were kept.
        """
        texts = self._catalogue.texts() | dict.fromkeys(without, "")
        return [self._stage(waiting, texts) for waiting in self._waiting]

    def _stage(self, waiting: _Waiting, texts: dict[str, str]) -> Staged:
        rows = feather.read_feather(waiting.kept)
        rows["description"] = described(rows["stock_code"], texts)
        batch = waiting.kept.with_suffix(".kept")
        entry = write_batch(rows, batch, waiting.day, self._prefix)
        waiting.kept.unlink()
        waiting.identifiers.unlink()
        if lost := waiting.counts["kept"] - entry.rows:
            raise NotAccounted(waiting.where, waiting.counts["read"], waiting.counts["read"] - lost)
        return Staged(entry, batch, waiting.rejects, waiting.left_out, waiting.counts)
