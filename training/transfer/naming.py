"""The last line before anything leaves: every text, held against every identifier of the days it leaves with.

A text *names* a customer, an invoice or another private value when it holds its letters and digits in their
order, however they are separated and written: ``AB-1044-X`` in ``see ab1044x``, ``17850`` in ``for 17850.0``,
``C536379`` in ``credit 536379``. Runs of letters and runs of digits are compared whole, and time grows
linearly with the texts and with the identifiers.

A customer called ``6`` must not keep back every ``SET OF 6``. An identifier with a digit and of five
characters and more is no word of a product's text by chance. A shorter or plain one (``007``, ``ROSE``) is

1. where three other customers have rows with the text, since nobody types for one what others get, too,
2. or where three other products, which three other customers bought, have it in their texts;

but not where all rows that carry the text are of the customer, or on the invoice, that it names. A number of
at most four digits with letters right behind it (``65CM``) is a measure.

A product's code may be a customer's number by chance, too (both have five digits in the sample). It names one
where no one else ever bought the product.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from training.orders.cleaning import CleanDay
from training.orders.format import OrdersFormat
from training.transfer.catalogue import WELL_KNOWN, Product, Rows

LEAST_LENGTH = 5
"""Letters and digits of an identifier that is no word of a product's text by chance."""
_RUN = re.compile(r"[^\W\d_]+|\d+")
_GROUPED = re.compile(r"(?<!\d)\d{1,3}(?:[,.']\d{3})+(?!\d)")
_DECIMAL_ZERO = re.compile(r"(?<=\d)\.0+$")
_NUMBER_BEHIND_LETTERS = re.compile(r"[^\W\d_]{1,3}[\s._/-]*(\d{4,})")

Runs = tuple[str, ...]


@dataclass(frozen=True)
class Named:
    """A text that would have left with an identifier in it. Private: it holds what must not leave.

    Attributes:
        product: whose text, or code, it is.
        text: the text.
        identifier: as the source has it.
        kind: what it is of.
        rows: the rows that carry the text.
    """

    product: Product
    text: str
    identifier: str
    kind: str
    rows: Rows


def identifiers_of(cleaned: CleanDay, form: OrdersFormat | None = None) -> dict[str, str]:
    """Every identifier of a day's rows, kept and left out, and every private value -> what it is of."""
    purchases, left_out = cleaned.purchases, cleaned.rejects
    missing = {word.casefold() for word in (form or OrdersFormat()).missing_customer}
    unreadable = left_out["reason"] == "unreadable"
    known = left_out["reason"] != "missing_customers"
    found: dict[str, str] = {}
    for kind, name, column, holds in (
        ("customer", "customer", "CustomerID", known & ~unreadable),
        ("invoice", "invoice", "InvoiceNo", ~unreadable),
    ):
        values = {*purchases[name].unique(), *left_out[column][holds].unique()}
        # In a row that cannot be read anything may stand anywhere; with a digit, it may be an identifier.
        values |= {cell for cell in left_out[column][unreadable].unique() if any(map(str.isdigit, cell))}
        found |= dict.fromkeys(map(str.strip, values), kind)
    for called, cells in cleaned.source.private.items():
        found |= dict.fromkeys(map(str.strip, cells.unique()), str(called))
    return {
        identifier: kind
        for identifier, kind in found.items()
        if identifier and identifier.casefold() not in missing
    }


class Scan:
    """The texts that are to leave, ready to be compared with identifiers."""

    def __init__(self, products: Iterable[Product]) -> None:
        texts = [(product, product.text, product.rows_of_text) for product in products if product.text]
        self._texts = _Texts([(*each, _runs_and_groups(each[1])) for each in texts])
        codes = [(product, product.product_code, product.sold) for product in products]
        self._codes = _Texts([(*each, runs_of(each[1])) for each in codes])

    def named(self, identifiers: Mapping[str, str]) -> Iterator[Named]:
        """Texts that name one of the identifiers (-> what it is of)."""
        for identifier, kind in identifiers.items():
            plain = _DECIMAL_ZERO.sub("", identifier.strip())
            for runs in _forms(plain):
                telling = _is_telling(plain, runs)
                for number in self._texts.holding(runs):
                    product, text, rows, _ = self._texts[number]
                    if telling or not self._is_a_word(runs, plain, number):
                        yield Named(product, text, identifier, kind, rows)
                for number in self._codes.holding(runs) if telling else ():
                    product, code, rows, _ = self._codes[number]
                    if rows.are_only_of(plain):
                        yield Named(product, code, identifier, kind, rows)

    def _is_a_word(self, runs: Runs, plain: str, number: int) -> bool:
        _, text, rows, _ = self._texts[number]
        if rows.are_of_many(plain) or _is_a_measure(runs, text):
            return True
        if rows.are_only_of(plain):
            return False
        others = [each for each in map(self._texts.__getitem__, self._texts.holding(runs)) if each[1] != text]
        customers = {customer for _, _, rows, _ in others for customer in rows.customers} - {plain}
        return (
            len({other_text for _, other_text, _, _ in others}) >= WELL_KNOWN and len(customers) >= WELL_KNOWN
        )


class _Texts(list[tuple[Product, str, Rows, Runs]]):
    """Texts by the runs that they hold."""

    def __init__(self, texts: Iterable[tuple[Product, str, Rows, Runs]]) -> None:
        super().__init__(texts)
        self._places: dict[str, set[int]] = defaultdict(set)
        for number, (*_, runs) in enumerate(self):
            for run in runs:
                self._places[run].add(number)

    def holding(self, wanted: Runs) -> list[int]:
        """Numbers of the texts that hold the runs, one after the other."""
        if any(run not in self._places for run in wanted):
            return []
        places = sorted(set.intersection(*(self._places[run] for run in wanted)))
        return places if len(wanted) == 1 else [place for place in places if _follow(self[place][-1], wanted)]


def runs_of(text: str) -> Runs:
    """The runs of letters and of digits, as they are compared.

    Case, width, the script of digits, the zeros before a number of four digits and more, and characters that
    are not seen make no difference.
    """
    return tuple(_number(run) if run[0].isdigit() else run for run in _RUN.findall(_plain(text)))


def _runs_and_groups(text: str) -> Runs:
    """The runs of a text, and after them those of its numbers that are written in groups, as one: 17,850."""
    groups = [_number(re.sub(r"\D", "", group)) for group in _GROUPED.findall(text)]
    return (*runs_of(text), *(part for group in groups for part in ("", group)))


def _forms(identifier: str) -> set[Runs]:
    """The ways in which an identifier may be written: as it is, and without the letters before its number."""
    forms = {runs_of(identifier)}
    if found := _NUMBER_BEHIND_LETTERS.fullmatch(identifier):
        forms.add((_number(found[1]),))
    return forms - {()}


def _is_telling(identifier: str, runs: Runs) -> bool:
    long = sum(map(len, runs)) >= LEAST_LENGTH
    return "@" in identifier or (long and any(run[0].isdigit() for run in runs))


def _is_a_measure(runs: Runs, text: str) -> bool:
    """Whether a number stands in a text only with letters right behind it."""
    plain = rf"(?<!\d)0*{runs[0]}(?![^\W_])"
    return len(runs) == 1 and runs[0].isdigit() and not re.search(plain, _plain(text))


def _follow(runs: Runs, wanted: Runs) -> bool:
    size = len(wanted)
    return any(runs[start : start + size] == wanted for start in range(len(runs) - size + 1))


def _number(digits: str) -> str:
    short = digits.lstrip("0")
    return short if len(short) >= 4 else digits


def _plain(text: str) -> str:
    if not text.isascii():
        text = "".join(_plain_letter(letter) for letter in unicodedata.normalize("NFKC", text))
    return text.casefold()


def _plain_letter(letter: str) -> str:
    category = unicodedata.category(letter)
    if category == "Cf":
        return ""
    return str(unicodedata.digit(letter)) if category == "Nd" else letter
