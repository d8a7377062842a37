"""Looks at a folder of another shop's log and says how it is written, as a section ``orders``.

Whatever the defaults read as well stays at its default, so nothing is proposed for a log that they read. Each
file is named by its day, which settles what cells leave open: 5/6/2011 in the file of the 5th of June.
"""

from __future__ import annotations

import gzip
import json
import re
import zlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from training.errors import TrainingError
from training.orders.cell_formats import CellFormats
from training.orders.cleaning import REJECTED
from training.orders.file_layout import Draft, read_cells
from training.orders.format import COLUMNS
from training.orders.reading import clean_day
from training.orders.settings import OrdersSettings
from training.orders.source import Folder

LOOKED_AT = 15
"""Files that are looked at to propose; all of them are counted afterwards."""
_BY_DAY = re.compile(r"\d{4}-\d{2}-\d{2}\.csv\.gz")


@dataclass
class Described:
    """What a folder looks like.

    Attributes:
        section: keys of ``orders`` that need to differ from the defaults, as JSON values.
        counts: rows ``read``, ``kept`` and left out by reason, of all days, read by the section.
        examples: by reason, a line that is left out.
        warnings: what was taken for likely, and should be looked at.
        problems: what cannot be told; where there are some, the section is not to be used as it is.
        days: how many files.
    """

    section: dict[str, Any] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    examples: dict[str, str] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    days: int = 0


def describe(folder: Path) -> Described:
    """Describe the by-day files of a folder.

    Raises:
        TrainingError: it holds no such files; says what to do with those that it holds.
    """
    days = _days(folder)
    draft = Draft()
    looked_at = days[:: max(1, len(days) // LOOKED_AT)]
    cells = read_cells({day: _unpacked(folder / f"{day}.csv.gz") for day in looked_at}, draft)
    if not draft.problems:
        CellFormats(cells, draft).find()
    described = Described(draft.section, warnings=draft.warnings, problems=draft.problems, days=len(days))
    if not described.problems:
        _count(folder, days, described)
    return described


def _days(folder: Path) -> list[date]:
    if not folder.is_dir():
        raise TrainingError(
            f"{folder} is no folder; name the one that holds the files, such as 2011-09-01.csv.gz"
        )
    names = sorted(path.name for path in folder.iterdir() if path.is_file() and not path.name.startswith("."))
    if not any(map(_BY_DAY.fullmatch, names)):
        content = (
            f"it holds {', '.join(names[:3])}{' and more' if len(names) > 3 else ''}"
            if names
            else "it is empty"
        )
        raise TrainingError(
            f"{folder} has no by-day files: {content}; put the rows of each day into a gzip CSV of its own, "
            "with the header, named by the day as 2011-09-01.csv.gz, or load them into a table "
            "(--orders sqlite:///shop.db?table=orders)"
        )
    return Folder(folder).days()


def _count(folder: Path, days: Iterable[date], described: Described) -> None:
    source = Folder(folder, OrdersSettings.model_validate_json(json.dumps(described.section)))
    for day in days:
        cleaned = clean_day(source, day)
        described.counts.update(cleaned.counts)
        for reason, rows in cleaned.rejects.groupby("reason"):
            if reason not in described.examples:
                first = rows.iloc[0]
                text = first["text"] or source.settings.delimiter.join(str(first[name]) for name in COLUMNS)
                described.examples[str(reason)] = f"{day}.csv.gz, line {first['line']}: {text[:100]}"
    read, kept = described.counts["read"], described.counts["kept"]
    limits = source.settings.limits.all
    for reason in REJECTED:
        share, most = described.counts[reason] / max(read, 1), getattr(limits, reason)
        if share > most:
            described.problems.append(
                f"{share:.0%} of the rows would be left out as {reason.replace('_', ' ')}, such as "
                f"{described.examples.get(reason, '')!r}, while orders.limits.all.{reason} is {most}"
            )
    if not kept:
        described.problems.append("no row would be kept")


def _unpacked(path: Path) -> bytes:
    try:
        return gzip.decompress(path.read_bytes())
    except (OSError, EOFError, zlib.error) as error:
        raise TrainingError(f"{path} is not a readable gzip CSV ({error}); put it there again") from None
