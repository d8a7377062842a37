"""How a shop writes dates, numbers, codes, cancellations and customers, found from the cells of its log."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, datetime

import pandas as pd

from training.orders import proposals
from training.orders.file_layout import USUAL, Draft
from training.orders.schema import is_product
from training.orders.values import currency_signs, numbers, times

MOST = 0.9
"""Share of the cells that a proposal must read."""
_RARE = 0.02
_PROBE = datetime(2011, 2, 3, 4, 5, 6)
_ZONES = (
    *("Europe/London", "Europe/Berlin", "Europe/Athens", "America/New_York", "America/Chicago"),
    *("America/Los_Angeles", "Asia/Kolkata", "Asia/Shanghai", "Asia/Tokyo", "Australia/Sydney"),
)


class CellFormats:
    """Settles one key of the draft after the other, each by what those before it read."""

    def __init__(self, cells: Mapping[date, pd.DataFrame], draft: Draft) -> None:
        self._cells, self._draft = cells, draft

    def find(self) -> None:
        """Propose the formats of all cells."""
        self._dates()
        self._numbers()
        self._codes()
        self._cancellation()
        self._customers()
        self._country()

    def _all(self, column: str) -> pd.Series:
        return pd.concat([cells[column] for cells in self._cells.values()], ignore_index=True).str.strip()

    def _dates(self) -> None:
        day, first = next((day, cells["InvoiceDate"]) for day, cells in self._cells.items())
        examples = [
            str(cells["InvoiceDate"].iloc[0]).strip() for cells in self._cells.values() if len(cells)
        ][:5]
        choices = list(USUAL.dates)
        known = proposals.known_dates()
        choices += [style for style in known if any(proposals.parses(text, style) for text in examples)]
        choices += [style for style in ("epoch", "epoch_ms") if all(text.isdigit() for text in examples)]
        zones = (USUAL.time_zone, *(_ZONES if any("%z" in style for style in choices) else ()))
        pairs = [(style, zone) for zone in zones for style in dict.fromkeys(choices)]
        read = {(style, zone): self._times((style,), zone) for style, zone in pairs}
        best = max(read, key=lambda pair: read[pair].notna().sum()) if read else None
        if best is None or read[best].notna().mean() < MOST:
            self._draft.problems.append(
                f"times such as {first.iloc[0]!r} of {day} are written in no known way that puts them on the "
                "day of their file; set orders.dates, or orders.time_zone"
            )
            return
        alike = [pair for pair in read if read[pair].notna().sum() == read[best].notna().sum()]
        if other := next((pair for pair in alike if _reads_otherwise(pair[0], best[0])), None):
            self._draft.problems.append(
                f"times such as {first.iloc[0]!r} may be {best[0]} as well as {other[0]}, as no day tells "
                "them apart; set orders.dates"
            )
        if best[1] != USUAL.time_zone:
            self._draft.warnings.append(f"the times tell their offset; {best[1]} puts them on their days")
        self._draft.set("dates", (best[0],))
        self._draft.set("time_zone", best[1])

    def _times(self, dates: tuple[str, ...], zone: str) -> pd.Series:
        orders_format = self._draft.with_(dates=dates, time_zone=zone)
        found = [
            times(cells["InvoiceDate"].str.strip(), day, orders_format) for day, cells in self._cells.items()
        ]
        return pd.concat(found, ignore_index=True)

    def _numbers(self) -> None:
        prices, pieces = self._all("UnitPrice"), self._all("Quantity")
        self._currency(prices)
        read = {}
        for decimal, thousands in proposals.SIGNS:
            orders_format = self._draft.with_(decimal=decimal, thousands=thousands)
            price, quantity = numbers(prices, orders_format, money=True), numbers(pieces, orders_format)
            read[decimal, thousands] = pd.concat([price, quantity.where(quantity.mod(1).eq(0))])
        usual = (USUAL.decimal, USUAL.thousands)
        best = max(read, key=lambda pair: (read[pair].notna().sum(), pair == usual))
        if read[best].notna().mean() < MOST:
            odd = prices[numbers(prices, self._draft.orders_format, money=True).isna()]
            example = odd.iloc[0] if len(odd) else pieces.iloc[0]
            self._draft.problems.append(
                f"numbers such as {example!r} are written in no known way; set orders.decimal and "
                "orders.thousands"
            )
        alike = [pair for pair in read if read[pair].notna().sum() == read[best].notna().sum()]
        if other := next((pair for pair in alike if not read[pair].equals(read[best])), None):
            self._draft.problems.append(
                f"numbers such as {prices.iloc[0]!r} may have the decimal sign {best[0]!r} as well as "
                f"{other[0]!r}; set orders.decimal and orders.thousands"
            )
        self._draft.set("decimal", best[0])
        self._draft.set("thousands", best[1])

    def _currency(self, prices: pd.Series) -> None:
        marks = Counter(re.sub(r"[\d\s.,'+-]", "", price) for price in prices.unique())
        for mark, _ in marks.most_common(3):
            found = currency_signs(mark) if mark else []
            if found and USUAL.currency not in found:
                self._draft.set("currency", found[0])
                if len(found) > 1:
                    self._draft.warnings.append(
                        f"{mark} is a sign of {', '.join(found)}; {found[0]} is a guess"
                    )
                return

    def _codes(self) -> None:
        codes = self._all("StockCode")
        distinct = pd.Series(codes.unique(), dtype=object)
        distinct = distinct[distinct.ne("")]
        if is_product(codes, self._draft.orders_format).mean() >= 0.5:
            return
        shapes = distinct.groupby(distinct.map(_shape)).agg(list)
        chosen = [
            (shape, known)
            for shape, known in shapes.items()
            if len(known) >= max(_RARE * len(distinct), 2) and (r"\d" in str(shape) or len(shapes) == 1)
        ]
        if not chosen:
            self._draft.problems.append(
                f"codes such as {', '.join(distinct.head(3))} have no common shape; set orders.product_code"
            )
            return
        patterns = sorted(_pattern(str(shape), known) for shape, known in chosen)
        self._draft.set("product_code", patterns[0] if len(patterns) == 1 else f"(?:{'|'.join(patterns)})")
        left_out = codes[~is_product(codes, self._draft.orders_format)].value_counts()
        if len(left_out):
            examples = ", ".join(f"{code or '(none)'} ({count})" for code, count in left_out.head(8).items())
            self._draft.warnings.append(f"these codes are taken for no products: {examples}")

    def _cancellation(self) -> None:
        invoices = self._all("InvoiceNo").str.upper()
        negative = numbers(self._all("Quantity"), self._draft.orders_format).lt(0)
        if not negative.any() or invoices[negative].str.startswith(USUAL.cancellation).mean() > 0.5:
            return
        letters = invoices.str.extract(r"^([^\d]*)", expand=False)
        sign = letters[negative].mode().iloc[0]
        only = (
            bool(sign)
            and letters[negative].eq(sign).mean() > 0.5
            and letters[~negative].eq(sign).mean() < _RARE
        )
        self._draft.set("cancellation", sign if only else "")
        if not only:
            self._draft.warnings.append("no sign of invoices tells cancellations; a negative quantity is one")

    def _customers(self) -> None:
        customers = self._all("CustomerID")
        known = {word.casefold() for word in USUAL.missing_customer}
        others = customers[~customers.str.casefold().isin(known)]
        words = others[~others.str.contains(r"\d|@")].value_counts()
        numbered = len(others) - words.sum()
        frequent = tuple(str(word) for word, count in words.items() if count > max(_RARE * len(customers), 2))
        if frequent and numbered > len(others) / 2 and len(frequent) < 4:
            self._draft.set("missing_customer", (*USUAL.missing_customer, *frequent))
            self._draft.warnings.append(f"{', '.join(frequent)} is taken for no customer")

    def _country(self) -> None:
        if self._draft.orders_format.columns.country is None:
            return
        home = self._all("Country").value_counts()
        if len(home) and home.index[0] and USUAL.home_country not in home.index[:2]:
            self._draft.set("home_country", str(home.index[0]))


def _reads_otherwise(style: str, other: str) -> bool:
    """Whether two formats take the same text for two days."""
    if "epoch" in (style + other) or style == other:
        return False
    text = _PROBE.strftime(other.replace("%z", "+0000"))
    return proposals.parses(text, style) and datetime.strptime(text, style).date() != _PROBE.date()


def _shape(code: str) -> str:
    """A code as a pattern, in which letters of either case are alike."""
    return re.sub(r"(\[[A-Za-z]-[A-Za-z]\]\+)+", "[A-Za-z]+", proposals.shape(code))


def _pattern(shape: str, codes: Sequence[str]) -> str:
    """A shape whose runs of digits have the length that all of these codes give them."""
    runs = [re.findall(r"[0-9]+", code) for code in codes]
    lengths = [{len(run) for run in column} for column in zip(*runs, strict=True)]
    following = iter(lengths)

    def exact(_: re.Match[str]) -> str:
        length = next(following)
        return rf"\d{{{min(length)}}}" if len(length) == 1 else r"\d+"

    return re.sub(r"\\d\+", exact, shape)
