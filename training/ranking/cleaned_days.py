"""Days as the ranking cleaned them, kept: each is cleaned once for each content, settings, key and code."""

from __future__ import annotations

import hashlib
import json
import logging
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from isthmus.atomic_files import atomic_write
from isthmus.file_digest import sha256_of
from isthmus.progress import Progress
from isthmus.source_digest import source_digest
from training.digest_scopes import CLEANED_DAYS
from training.features.array_cache import key_of
from training.orders.day_rows import day_rows
from training.orders.judging import UNCHANGED, Judge
from training.orders.source import OrderSource, file_of
from training.ranking.order_table import number, write_day
from training.ranking.orders import CheckedDay, Orders, check_day, days_to_read
from training.tables.engine import EMBEDDED, Engine
from training.transfer.pseudonym import Pseudonyms

logger = logging.getLogger(__name__)

MOST_BYTES = 1 << 30
"""Ten months of the sample's shop take 8 MB; those of the last kinds of run stay."""


@dataclass(frozen=True)
class CleanedDays:
    """A folder of cleaned days: Parquet, and beside each a JSON file with its SHA-256 and what was counted.

    Attributes:
        folder: may be missing.
        source: raw orders.
        pseudonyms: replace the customers; None leaves them as they are.
    """

    folder: Path
    source: OrderSource
    pseudonyms: Pseudonyms | None = None

    def orders(self, before: date, since: date = date.min, engine: Engine = EMBEDDED) -> Orders:
        """The orders of the days from ``since`` on and before ``before``; memory holds a day of them.

        Raises:
            OrdersRefused: too much of them cannot be read.
            TrainingError: there are none, or a file cannot be read.
        """
        days = days_to_read(self.source, before, since)
        self.folder.mkdir(parents=True, exist_ok=True)
        judge = Judge(self.source.settings, UNCHANGED)
        paths, digests, code = [], {}, source_digest(*CLEANED_DAYS)
        for done, day in enumerate(days, 1):
            path, digest, was_there = self._day(day, judge, code)
            digests[day.toordinal()] = digest
            paths.append(path)
            logger.info(Progress("read", done, len(days), f"{day} {'was kept' if was_there else 'cleaned'}"))
        judge.all()
        kept = tempfile.TemporaryDirectory(prefix="isthmus-orders-")
        names = number(engine, paths, Path(kept.name))
        self._trim(set(paths))
        return Orders(engine, Path(kept.name), names, digests, kept=kept)

    def _day(self, day: date, judge: Judge, code: str) -> tuple[Path, str, bool]:
        """The file of a day, the SHA-256 of its rows, and whether it was kept."""
        raw, settings = self.source.raw(day), self.source.settings

        def read() -> CheckedDay:
            return check_day(day_rows(raw, day, file_of(self.source, day), settings), settings)

        key = key_of(
            raw=hashlib.sha256(raw).hexdigest(),
            day=str(day),
            settings=settings.recorded(),
            key=None if self.pseudonyms is None else self.pseudonyms.key_id,
            code=code,
        )
        path = self.folder / f"{day}-{key[:32]}.parquet"
        record = path.with_suffix(".json")
        with suppress(FileNotFoundError):
            found = json.loads(record.read_text())
            if sha256_of(path) == found["file"]:
                judge.counts(found["counts"], lambda reason: read().example(reason))
                path.touch()
                return path, found["rows"], True
            logger.info(f"{path} is damaged; it is made again")
        checked = read()
        judge.counts(checked.counts, checked.example)
        aside = path.with_suffix(".aside")
        names = checked.kept["customer"].unique()
        known_as = None
        if self.pseudonyms is not None:
            known_as = {name: self.pseudonyms.customer(name) if name else "" for name in names}
        digest = write_day(checked.kept, aside, known_as)
        aside.replace(path)
        content = {"file": sha256_of(path), "rows": digest, "counts": checked.counts}
        atomic_write(record, json.dumps(content).encode())
        return path, digest, False

    def _trim(self, needed: set[Path]) -> None:
        """Remove what was not used for longest until the rest fits; what is needed is never removed."""
        files = [(path.stat().st_mtime, path, path.stat().st_size) for path in self.folder.glob("*.parquet")]
        total = sum(size for _, _, size in files)
        for _, path, size in sorted(files):
            if total > MOST_BYTES and path not in needed:
                path.unlink(missing_ok=True)
                path.with_suffix(".json").unlink(missing_ok=True)
                total -= size
