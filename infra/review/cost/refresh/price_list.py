"""One of AWS's price lists for one region: a CSV file of the Bulk API, read as it comes.

Five lines about the list stand before its header (docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/
reading-service-price-list-file-for-services.html, and files of it in public data sets, read on 2026-11-28).
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Final

from isthmus.errors import IsthmusError

ABOUT: Final = ("FormatVersion", "Disclaimer", "Publication Date", "Version", "OfferCode")
COLUMNS: Final = ("TermType", "StartingRange", "Unit", "PricePerUnit", "Currency", "usageType", "operation")


class RefreshRefused(IsthmusError):
    """The lists cannot be read or are not whole; nothing was written. The message says what is wrong."""


@dataclass(frozen=True)
class Row:
    """A price on demand, in USD."""

    usage: str
    operation: str
    start: Decimal
    """From how many units a month on it holds."""
    usd: Decimal
    told: Mapping[str, str]
    """All columns of the row."""


@dataclass(frozen=True)
class PriceList:
    """What a list says of itself, and its rows on demand."""

    offer: str
    published: date
    version: str
    rows: Iterable[Row]


def read(lines: Iterable[str], name: str) -> PriceList:
    """Read a list; its rows are read as they are taken.

    Raises:
        RefreshRefused: it is no such list. Taking a row may raise it, too.
    """
    found = csv.reader(lines)
    about: dict[str, str] = {}
    for wanted in ABOUT:
        line = next(found, [])
        if len(line) != 2 or line[0] != wanted:
            raise RefreshRefused(f"{name} is no price list: line {len(about) + 1} does not tell its {wanted}")
        about[wanted] = line[1]
    header = next(found, [])
    if missing := [column for column in COLUMNS if column not in header]:
        raise RefreshRefused(f"{name} is no price list: it has no column {missing[0]}")
    try:
        published = date.fromisoformat(about["Publication Date"][:10])
    except ValueError:
        raise RefreshRefused(f"{name} is published on no day: {about['Publication Date'][:40]!r}") from None
    return PriceList(about["OfferCode"], published, about["Version"], _rows(found, header, name))


def _rows(found: Iterator[list[str]], header: list[str], name: str) -> Iterator[Row]:
    for number, line in enumerate(found, start=len(ABOUT) + 2):
        if len(line) != len(header):
            raise RefreshRefused(
                f"{name} ends in the middle, or is damaged: line {number} has {len(line)} columns"
            )
        row = dict(zip(header, line, strict=True))
        if row["TermType"] != "OnDemand" or row["Currency"] != "USD":
            continue
        try:
            start, usd = Decimal(row["StartingRange"] or "0"), Decimal(row["PricePerUnit"])
        except InvalidOperation:
            raise RefreshRefused(f"{name}, line {number}: {row['PricePerUnit'][:40]!r} is no price") from None
        yield Row(row["usageType"], row["operation"], start, usd, row)
