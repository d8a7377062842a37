"""Looks at a folder of another shop's log and says how it is written, as a section ``orders``.

Whatever the defaults read as well stays at its default, so nothing is proposed for a log that they read. Each
file is named by its day, which settles what cells leave open: 5/6/2011 in the file of the 5th of June.
"""

from __future__ import annotations

import gzip
import re
import zlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pandas as pd

from training.errors import TrainingError
from training.orders import proposals
from training.orders.cleaning import REJECTED
from training.orders.column_names import NAMES, PRIVATE
from training.orders.format import COLUMNS, KEYS, OrdersFormat
from training.orders.reading import clean_day
from training.orders.rows import Lines, decoded, lines_of
from training.orders.schema import is_product
from training.orders.settings import OrdersSettings
from training.orders.source import Folder
from training.orders.values import currency_signs, numbers, times

USUAL = OrdersSettings()
LOOKED_AT = 15
"""Files that are looked at to propose; all of them are counted afterwards."""
ROWS = 1000
"""Of a file that are looked at."""
MOST = 0.9
"""Share of the cells that a proposal must read."""
_RARE = 0.02
_BY_DAY = re.compile(r"\d{4}-\d{2}-\d{2}\.csv\.gz")
_TIME_OF_DAY = re.compile(r"\d{1,2}[:.]\d{2}([:.]\d{2})?( ?[AaPp][Mm])?")
_PROBE = datetime(2011, 2, 3, 4, 5, 6)
_ZONES = (
    *("Europe/London", "Europe/Berlin", "Europe/Athens", "America/New_York", "America/Chicago"),
    *("America/Los_Angeles", "Asia/Kolkata", "Asia/Shanghai", "Asia/Tokyo", "Australia/Sydney"),
)


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
    looking = _Looking(folder, days[:: max(1, len(days) // LOOKED_AT)])
    described = looking.run()
    described.days = len(days)
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
        there = (
            f"it holds {', '.join(names[:3])}{' and more' if len(names) > 3 else ''}"
            if names
            else "it is empty"
        )
        raise TrainingError(
            f"{folder} has no by-day files: {there}; put the rows of each day into a gzip CSV of its own, "
            "with the header, named by the day as 2011-09-01.csv.gz, or load them into a table "
            "(--orders sqlite:///shop.db?table=orders)"
        )
    return Folder(folder).days()


def _count(folder: Path, days: Iterable[date], described: Described) -> None:
    source = Folder(folder, OrdersSettings.model_validate_json(_json(described.section)))
    for day in days:
        cleaned = clean_day(source, day)
        described.counts.update(cleaned.counts)
        for reason, rows in cleaned.rejects.groupby("reason"):
            if reason not in described.examples:
                first = rows.iloc[0]
                text = first["text"] or source.settings.delimiter.join(str(first[one]) for one in COLUMNS)
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


def _json(section: Mapping[str, Any]) -> str:
    import json

    return json.dumps(section)


class _Looking:
    """Settles one key after the other, each by what those before it read."""

    def __init__(self, folder: Path, days: Sequence[date]) -> None:
        self._contents = {day: _unpacked(folder / f"{day}.csv.gz") for day in days}
        self._made = Described()
        self._form: OrdersFormat = USUAL
        self._cells: dict[date, pd.DataFrame] = {}

    def run(self) -> Described:
        self._set("encoding", self._encoding())
        self._delimiter()
        self._columns()
        if not self._made.problems:
            self._dates()
            self._numbers()
            self._codes()
            self._cancellation()
            self._customers()
            self._country()
        return self._made

    def _set(self, key: str, value: Any) -> None:
        """Propose a value, where it is not the default."""
        self._form = self._form.model_copy(update={key: value})
        if value != getattr(USUAL, key):
            self._made.section[key] = list(value) if isinstance(value, tuple) else value

    def _all(self, column: str) -> pd.Series:
        return pd.concat([cells[column] for cells in self._cells.values()], ignore_index=True).str.strip()

    def _encoding(self) -> str:
        whole = b"\n".join(self._contents.values())
        if whole[:2] in (b"\xff\xfe", b"\xfe\xff"):
            return "utf-16"
        if whole.count(b"\0") > len(whole) // 4:
            return "utf-16-le" if whole[1:2] == b"\0" else "utf-16-be"
        try:
            whole.decode()
        except UnicodeDecodeError as error:
            guess = "cp1252" if re.search(rb"[\x80-\x9f]", whole) else "latin-1"
            told = whole[max(0, error.start - 12) : error.end + 12].decode(guess, "replace").strip()
            self._made.warnings.append(
                f"the text is not UTF-8; {guess} is likely, if {told.splitlines()[0]!r} reads well"
            )
            return guess
        return "utf-8"

    def _delimiter(self) -> None:
        def sound(delimiter: str, quote: str | None) -> tuple[int, int]:
            form = self._form.model_copy(update={"delimiter": delimiter, "quote": quote})
            lines = [found for one in self._contents.values() if (found := lines_of(one, form))]
            width = min((len(one.header) for one in lines), default=0)
            return (sum(len(one.rows) for one in lines) if width > 1 else 0, width)

        text = "\n".join(decoded(one, self._form.encoding) for one in self._contents.values())
        # An open quote is not mended by calling another sign the quote.
        quotes = ("'",) if text.count("'") > text.count("\n") and '"' not in text else ('"',)
        choices = [(sign, quote) for sign in (",", ";", "\t", "|") for quote in quotes]
        # A sign of the number of columns splits them all; one that stands in texts now and then, hardly any.
        best = max(choices, key=lambda pair: sound(*pair))
        usual = (USUAL.delimiter, USUAL.quote or '"')
        if sound(*usual) == sound(*best):
            best = usual
        elif sound(best[0], '"') == sound(*best):
            best = (best[0], '"')
        if not sound(*best)[0]:
            self._made.problems.append(
                "no delimiter (comma, semicolon, tab, bar) divides the lines into cells; set orders.delimiter"
            )
        self._set("delimiter", best[0])
        self._set("quote", best[1])

    def _columns(self) -> None:
        lines = {day: found for day, one in self._contents.items() if (found := lines_of(one, self._form))}
        headers = {tuple(one.header) for one in lines.values()}
        if len(headers) > 1:
            told = " and ".join(self._form.delimiter.join(one) for one in sorted(headers)[:2])
            self._made.problems.append(f"files have different columns: {told}; give them the same")
        header = next(iter(lines.values())).header if lines else []
        called = _called(header)
        missing = [KEYS[one] for one in COLUMNS if one not in called and one != "Country"]
        if missing:
            self._made.problems.append(
                f"it cannot be told which column is {', '.join(missing)} among {', '.join(header)}; "
                "say it with orders.columns"
            )
            return
        differing = {KEYS[one]: called.get(one) for one in COLUMNS if called.get(one) != one}
        dates = called["InvoiceDate"]
        if clock := _clock(lines.values(), called):
            differing |= {"date": dates, "time": clock}
            called["InvoiceDate"] = clock
        self._form = self._form.model_copy(update={"columns": USUAL.columns.model_copy(update=differing)})
        if differing:
            self._made.section["columns"] = differing
        private = tuple(one for one in header if one not in (*called.values(), dates) and PRIVATE.search(one))
        self._set("private", private)
        self._cells = {day: _cells(one, called) for day, one in lines.items()}
        if clock:
            for day, one in lines.items():
                alone = _cells(one, {"InvoiceDate": dates})
                self._cells[day]["InvoiceDate"] = alone["InvoiceDate"] + " " + self._cells[day]["InvoiceDate"]

    def _dates(self) -> None:
        day, first = next((day, cells["InvoiceDate"]) for day, cells in self._cells.items())
        seen = [str(cells["InvoiceDate"].iloc[0]).strip() for cells in self._cells.values() if len(cells)][:5]
        choices = list(USUAL.dates)
        choices += [
            one for one in proposals.known_dates() if any(proposals.parses(text, one) for text in seen)
        ]
        choices += [one for one in ("epoch", "epoch_ms") if all(text.isdigit() for text in seen)]
        zones = (USUAL.time_zone, *(_ZONES if any("%z" in one for one in choices) else ()))
        read = {(one, zone): self._times((one,), zone) for zone in zones for one in dict.fromkeys(choices)}
        best = max(read, key=lambda pair: read[pair].notna().sum()) if read else None
        if best is None or read[best].notna().mean() < MOST:
            self._made.problems.append(
                f"times such as {first.iloc[0]!r} of {day} are written in no known way that puts them on the "
                "day of their file; set orders.dates, or orders.time_zone"
            )
            return
        alike = [pair for pair in read if read[pair].notna().sum() == read[best].notna().sum()]
        if other := next((one for one in alike if _reads_otherwise(one[0], best[0])), None):
            self._made.problems.append(
                f"times such as {first.iloc[0]!r} may be {best[0]} as well as {other[0]}, as no day tells "
                "them apart; set orders.dates"
            )
        if best[1] != USUAL.time_zone:
            self._made.warnings.append(f"the times tell their offset; {best[1]} puts them on their days")
        self._set("dates", (best[0],))
        self._set("time_zone", best[1])

    def _times(self, dates: tuple[str, ...], zone: str) -> pd.Series:
        form = self._form.model_copy(update={"dates": dates, "time_zone": zone})
        found = [times(cells["InvoiceDate"].str.strip(), day, form) for day, cells in self._cells.items()]
        return pd.concat(found, ignore_index=True)

    def _numbers(self) -> None:
        prices, pieces = self._all("UnitPrice"), self._all("Quantity")
        self._currency(prices)
        read = {}
        for decimal, thousands in proposals.SIGNS:
            form = self._form.model_copy(update={"decimal": decimal, "thousands": thousands})
            price, quantity = numbers(prices, form, money=True), numbers(pieces, form)
            read[decimal, thousands] = pd.concat([price, quantity.where(quantity.mod(1).eq(0))])
        usual = (USUAL.decimal, USUAL.thousands)
        best = max(read, key=lambda pair: (read[pair].notna().sum(), pair == usual))
        if read[best].notna().mean() < MOST:
            odd = prices[numbers(prices, self._form, money=True).isna()]
            example = odd.iloc[0] if len(odd) else pieces.iloc[0]
            self._made.problems.append(
                f"numbers such as {example!r} are written in no known way; set orders.decimal and "
                "orders.thousands"
            )
        alike = [one for one in read if read[one].notna().sum() == read[best].notna().sum()]
        if other := next((one for one in alike if not read[one].equals(read[best])), None):
            self._made.problems.append(
                f"numbers such as {prices.iloc[0]!r} may have the decimal sign {best[0]!r} as well as "
                f"{other[0]!r}; set orders.decimal and orders.thousands"
            )
        self._set("decimal", best[0])
        self._set("thousands", best[1])

    def _currency(self, prices: pd.Series) -> None:
        marks = Counter(re.sub(r"[\d\s.,'+-]", "", one) for one in prices.unique())
        for mark, _ in marks.most_common(3):
            found = currency_signs(mark) if mark else []
            if found and USUAL.currency not in found:
                self._set("currency", found[0])
                if len(found) > 1:
                    self._made.warnings.append(
                        f"{mark} is a sign of {', '.join(found)}; {found[0]} is a guess"
                    )
                return

    def _codes(self) -> None:
        codes = self._all("StockCode")
        distinct = pd.Series(codes.unique(), dtype=object)
        distinct = distinct[distinct.ne("")]
        if is_product(codes, self._form).mean() >= 0.5:
            return
        shapes = distinct.groupby(distinct.map(_shape)).agg(list)
        chosen = [
            (shape, known)
            for shape, known in shapes.items()
            if len(known) >= max(_RARE * len(distinct), 2) and (r"\d" in str(shape) or len(shapes) == 1)
        ]
        if not chosen:
            self._made.problems.append(
                f"codes such as {', '.join(distinct.head(3))} have no common shape; set orders.product_code"
            )
            return
        patterns = sorted(_pattern(str(shape), known) for shape, known in chosen)
        self._set("product_code", patterns[0] if len(patterns) == 1 else f"(?:{'|'.join(patterns)})")
        left = codes[~is_product(codes, self._form)].value_counts()
        if len(left):
            told = ", ".join(f"{code or '(none)'} ({count})" for code, count in left.head(8).items())
            self._made.warnings.append(f"these codes are taken for no products: {told}")

    def _cancellation(self) -> None:
        invoices = self._all("InvoiceNo").str.upper()
        negative = numbers(self._all("Quantity"), self._form).lt(0)
        if not negative.any() or invoices[negative].str.startswith(USUAL.cancellation).mean() > 0.5:
            return
        letters = invoices.str.extract(r"^([^\d]*)", expand=False)
        sign = letters[negative].mode().iloc[0]
        only = (
            bool(sign)
            and letters[negative].eq(sign).mean() > 0.5
            and letters[~negative].eq(sign).mean() < _RARE
        )
        self._set("cancellation", sign if only else "")
        if not only:
            self._made.warnings.append("no sign of invoices tells cancellations; a negative quantity is one")

    def _customers(self) -> None:
        customers = self._all("CustomerID")
        known = {one.casefold() for one in USUAL.missing_customer}
        others = customers[~customers.str.casefold().isin(known)]
        words = others[~others.str.contains(r"\d|@")].value_counts()
        numbered = len(others) - words.sum()
        frequent = tuple(str(one) for one, count in words.items() if count > max(_RARE * len(customers), 2))
        if frequent and numbered > len(others) / 2 and len(frequent) < 4:
            self._set("missing_customer", (*USUAL.missing_customer, *frequent))
            self._made.warnings.append(f"{', '.join(frequent)} is taken for no customer")

    def _country(self) -> None:
        if self._form.columns.country is None:
            return
        home = self._all("Country").value_counts()
        if len(home) and home.index[0] and USUAL.home_country not in home.index[:2]:
            self._set("home_country", str(home.index[0]))


def _reads_otherwise(one: str, other: str) -> bool:
    """Whether two formats take the same text for two days."""
    if "epoch" in (one + other) or one == other:
        return False
    text = _PROBE.strftime(other.replace("%z", "+0000"))
    return proposals.parses(text, one) and datetime.strptime(text, one).date() != _PROBE.date()


def _unpacked(path: Path) -> bytes:
    try:
        return gzip.decompress(path.read_bytes())
    except (OSError, EOFError, zlib.error) as error:
        raise TrainingError(f"{path} is not a readable gzip CSV ({error}); put it there again") from None


def _called(header: Sequence[str]) -> dict[str, str]:
    """What the shop calls each column, by its name inside; those that cannot be told are left out."""
    called = {one: one for one in COLUMNS if one in header}
    bare = {re.sub(r"[\W_]", "", one.casefold()): one for one in header if one not in called}
    for inside in COLUMNS:
        if inside in called:
            continue
        for name in (inside.casefold(), *NAMES[inside]):
            if name in bare and bare[name] not in called.values():
                called[inside] = bare[name]
                break
    return called


def _clock(files: Iterable[Lines], called: Mapping[str, str]) -> str | None:
    """The column of the times of day, where the one that was taken for the invoice's time has dates alone."""
    for lines in files:
        dates = lines.header.index(called["InvoiceDate"])
        rows = lines.rows[:ROWS]
        others = [place for place, name in enumerate(lines.header) if name not in called.values()]
        if rows and not any(":" in row[dates] for row in rows):
            return next(
                (
                    lines.header[place]
                    for place in others
                    if all(_TIME_OF_DAY.fullmatch(row[place].strip()) for row in rows)
                ),
                None,
            )
    return None


def _cells(lines: Lines, called: Mapping[str, str]) -> pd.DataFrame:
    places = {inside: lines.header.index(name) for inside, name in called.items()}
    rows = lines.rows[:: 1 + len(lines.rows) // ROWS]
    return pd.DataFrame(
        {inside: [row[place] for row in rows] for inside, place in places.items()}, dtype=object
    )


def _shape(code: str) -> str:
    """A code as a pattern, in which letters of either case are alike."""
    return re.sub(r"(\[[A-Za-z]-[A-Za-z]\]\+)+", "[A-Za-z]+", proposals.shape(code))


def _pattern(shape: str, codes: Sequence[str]) -> str:
    """A shape whose runs of digits have the length that all of these codes give them."""
    runs = [re.findall(r"[0-9]+", code) for code in codes]
    lengths = [{len(run) for run in column} for column in zip(*runs, strict=True)]
    told = iter(lengths)

    def exact(_: re.Match[str]) -> str:
        length = next(told)
        return rf"\d{{{min(length)}}}" if len(length) == 1 else r"\d+"

    return re.sub(r"\\d\+", exact, shape)
