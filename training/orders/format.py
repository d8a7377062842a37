"""How a shop writes its log of orders: the one description that every reader of raw orders goes by.

It is the section ``orders`` of a stack file (``infra.settings`` embeds ``training.orders.settings``), the
options of the commands that read raw orders, and the JSON that the jobs of the private site get. Nothing
heavy is imported here, so that the Pulumi program can read it at its start.

Names are those of the field where it has some: a delimiter, a quote, a decimal and a thousands sign
(pandas, Frictionless Data's Table Dialect), times by ``strptime`` codes, time zones by their IANA names,
currencies by ISO 4217.
"""

from __future__ import annotations

import codecs
import re
from datetime import datetime
from typing import Annotated, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, model_validator

from isthmus.settings.annotations import Allowed, clash, refuse
from isthmus.settings.section import Section

COLUMNS = (
    "InvoiceNo",
    "StockCode",
    "Description",
    "Quantity",
    "InvoiceDate",
    "UnitPrice",
    "CustomerID",
    "Country",
)
"""What the columns are called inside, whatever the shop calls them."""
KEYS = dict(
    zip(
        COLUMNS,
        ("invoice", "product", "description", "quantity", "time", "price", "customer", "country"),
        strict=True,
    )
)
"""By the names inside, the fields of ``Columns``."""
EPOCH, EPOCH_MS = "epoch", "epoch_ms"
"""In place of a format: seconds, or milliseconds, since 1970-01-01 UTC."""
_KNOWN = datetime(2011, 9, 23, 17, 48, 5)


def _text(value: str) -> str:
    if not value or value != value.strip() or not value.isprintable():
        raise refuse("allowed is a text without line breaks and without spaces around it")
    return value


def _sign(value: str) -> str:
    if len(value) != 1 or value.isalnum() or value in "\r\n\0" or "\ud800" <= value <= "\udfff":
        raise refuse("allowed is one character that is no letter, digit or line break, such as ; or a tab")
    return value


def _number_sign(value: str) -> str:
    if len(value) != 1 or value.isalnum() or value in "+-\r\n\t\0":
        raise refuse("allowed is one character that is no letter, digit, plus or minus, such as a comma")
    return value


def _encoding(value: str) -> str:
    try:
        known = "a;\n".encode(value).decode(value) == "a;\n" and codecs.lookup(value).name != "idna"
    except (LookupError, ValueError, TypeError):
        known = False
    if not known:
        raise refuse("allowed is an encoding that Python knows, such as utf-8, latin-1, cp1252 or utf-16")
    return value


def _zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ValueError, OSError, LookupError):
        raise refuse("allowed is an IANA time zone such as Europe/London, or UTC") from None
    return value


def _date_format(value: str) -> str:
    if value in (EPOCH, EPOCH_MS):
        return value
    try:
        parsed = datetime.strptime(_KNOWN.strftime(value.replace("%z", "+0000")), value)
    except (ValueError, re.error):
        parsed = None
    if parsed is None or parsed.date() != _KNOWN.date():
        raise refuse(
            "allowed are strptime codes that tell year, month and day, such as %d/%m/%Y %H:%M, "
            f"or {EPOCH} or {EPOCH_MS}"
        )
    return value


def _pattern(value: str) -> str:
    try:
        found = re.compile(value, re.ASCII)
    except (re.error, RecursionError, OverflowError):
        found = None
    if found is None or found.fullmatch(""):
        raise refuse(
            r"allowed is a regular expression of a whole code, such as \d{5}[A-Za-z]* or [A-Z]{2}-\d{4}"
        )
    return value


Text = Annotated[
    str, Field(max_length=200), AfterValidator(_text), Allowed("a text of one line, without spaces around it")
]
Sign = Annotated[str, AfterValidator(_sign), Allowed("one character, such as ; or a tab")]
NumberSign = Annotated[str, AfterValidator(_number_sign), Allowed("one character, such as a comma")]
Word = Annotated[
    str,
    Field(max_length=50, pattern=r"^[^\r\n\x00]*$"),
    Allowed("a text of at most 50 characters; numbers and null in quotes"),
]


class Columns(Section):
    """What the shop calls the columns; more columns may be there."""

    invoice: Text = "InvoiceNo"
    """Number of the invoice, or order: the lines of one are one basket."""
    product: Text = "StockCode"
    """Code of the product."""
    description: Text = "Description"
    """What the product is called."""
    quantity: Text = "Quantity"
    """Pieces, a whole number."""
    time: Text = "InvoiceDate"
    """Date and time of the invoice; with ``date``, the time alone."""
    date: Text | None = None
    """Date of the invoice, where it has a column of its own; ``dates`` reads it, a space and the time."""
    price: Text = "UnitPrice"
    """Price of a piece."""
    customer: Text = "CustomerID"
    """Who bought."""
    country: Text | None = "Country"
    """Country of the customer; null: the log does not tell it."""

    def named(self) -> dict[str, str | None]:
        """By the names inside (``COLUMNS``, in order), what the shop calls each; None for one it lacks."""
        return {inside: getattr(self, key) for inside, key in KEYS.items()}


class OrdersFormat(Section):
    """How the log is written, and what in it is a purchase of a product. Defaults: those of the sample."""

    columns: Columns = Columns()
    """What the columns are called."""
    dates: Annotated[
        tuple[Annotated[str, AfterValidator(_date_format), Allowed("strptime codes")], ...],
        Field(min_length=1, max_length=20),
        Allowed("a list of strptime codes such as %d/%m/%Y %H:%M, or epoch, or epoch_ms"),
    ] = ("%Y-%m-%d %H:%M:%S",)
    """How dates and times are written; of several, the first that reads a cell on the day of its file."""
    time_zone: Annotated[
        str, AfterValidator(_zone), Allowed("an IANA time zone such as Europe/London, or UTC")
    ] = "UTC"
    """Times that tell their offset (%z) are converted to this zone; others are taken as they stand."""
    decimal: NumberSign = "."
    """Sign before the decimals of a number."""
    thousands: NumberSign | None = None
    """Sign between groups of three digits; absent: none."""
    delimiter: Sign = ","
    """Sign between two cells."""
    quote: Sign | None = '"'
    """Sign around cells that hold a delimiter, doubled inside one; null: no cell is quoted."""
    encoding: Annotated[
        str,
        Field(max_length=40),
        AfterValidator(_encoding),
        Allowed("an encoding that Python knows, such as utf-8, latin-1, cp1252 or utf-16"),
    ] = "utf-8"
    """Encoding of the text; a byte-order mark is skipped."""
    product_code: Annotated[
        str,
        Field(max_length=200),
        AfterValidator(_pattern),
        Allowed("a regular expression of a whole code"),
    ] = r"\d{5}[A-Za-z]*"
    """Pattern of the codes of products; what does not match it (postage, fees, vouchers) is no product."""
    not_products: Annotated[tuple[Word, ...], Field(max_length=1000)] = ()
    """Codes that match the pattern and are no products all the same, in upper or lower case."""
    cancellation: Word = "C"
    """What the invoice number of a cancellation begins with; empty: a negative quantity is one."""
    missing_customer: Annotated[tuple[Word, ...], Field(max_length=100)] = (
        "",
        "nan",
        "NULL",
        "None",
        "N/A",
        "0",
        "-",
    )
    """Words that stand where no customer is known, in upper or lower case; an empty cell always does."""
    private: Annotated[tuple[Text, ...], Field(max_length=100)] = ()
    """Further columns that name someone, such as an address of electronic mail; nothing of them may leave."""
    currency: Annotated[
        str, Field(pattern=r"^[A-Z]{3}$"), Allowed("a currency by ISO 4217, such as GBP or EUR")
    ] = "GBP"
    """Currency of the prices; its code and its sign may stand before or after a price."""
    home_country: Word = "United Kingdom"
    """Country of the shop, as the log writes it; the ranking knows customers abroad."""

    @model_validator(mode="after")
    def _goes_together(self) -> Self:
        if self.delimiter == self.quote:
            raise clash(f"delimiter and quote are both {self.delimiter!r}; set another one of them")
        if self.decimal == self.thousands:
            raise clash(f"decimal and thousands are both {self.decimal!r}; set another one of them")
        for name in ("decimal", "thousands"):
            if self.quote is not None and getattr(self, name) == self.quote:
                raise clash(f"{name} and quote are both {self.quote!r}; set another one of them")
            if self.quote is None and getattr(self, name) == self.delimiter:
                raise clash(
                    f"{name} and delimiter are both {self.delimiter!r}, and no cell is quoted; set a quote"
                )
        columns = (*self.columns.named().values(), self.columns.date, *self.private)
        named = [name for name in columns if name is not None]
        for name in named:
            if named.count(name) > 1:
                raise clash(f"the column {name!r} is named twice in columns and private; name each once")
        return self

    def customer(self, cell: str) -> str:
        """The customer of a cell, "" for none; the ``.0`` that a table of floats leaves is taken off."""
        text = cell.strip()
        bare = text.removesuffix(".0")
        missing = {word.strip().casefold() for word in self.missing_customer}
        return "" if not bare or missing & {text.casefold(), bare.casefold()} else bare

    def cancels(self, invoice: str) -> bool:
        """Whether the number of an invoice tells that it takes one back."""
        return bool(self.cancellation) and invoice.strip().upper().startswith(self.cancellation.upper())
