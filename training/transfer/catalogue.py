"""The product catalogue: the one text of each product that leaves, whatever was typed into its rows."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date

from training.orders.cleaning import CleanDay
from training.transfer.redaction import LONGEST, MASK, product_text, telling, without_words, words_of

WELL_KNOWN = 3
"""Customers, besides the one that a text may name, whose rows carry it: then it is said of the product."""
MOST_TEXTS = 50
"""Texts that are counted for a product; where each row has another one, none is the product's."""
MOST_READ = 100_000
"""Texts that are remembered as read, so that a product's is not read anew each day."""


@dataclass
class Rows:
    """The rows that carry a text, or a product's code: how many, and whose.

    Attributes:
        first: day, invoice and customer of the first one.
        count: how many.
        customers: whose they are; no more are kept than are asked for.
        invoices: on which they stand; no more than two are kept.
        are_for_somebody: in one an identifier of the day was masked, or what may be its own customer's.
    """

    first: tuple[date, str, str]
    count: int = 0
    customers: set[str] = field(default_factory=set)
    invoices: set[str] = field(default_factory=set)
    are_for_somebody: bool = False

    def take(self, customer: str, invoice: str) -> None:
        """Count a row."""
        self.count += 1
        if len(self.customers) <= WELL_KNOWN:
            self.customers.add(customer)
        if len(self.invoices) < 2:
            self.invoices.add(invoice)

    def are_only_of(self, owner: str) -> bool:
        """Whether all are of this customer, or of this invoice."""
        return self.customers == {owner} or self.invoices == {owner}

    def are_of_many(self, besides: str = "") -> bool:
        """Whether customers other than this one have them, too, and not just one or two."""
        return len(self.customers - {besides}) >= WELL_KNOWN


@dataclass(frozen=True)
class Product:
    """A product as it leaves.

    Attributes:
        product_code: its code.
        sold: its rows.
        text: what is said of it; "" where no row of it carries a text that may leave.
        rows_of_text: the rows that carry the text.
    """

    product_code: str
    sold: Rows
    text: str
    rows_of_text: Rows


class ProductCatalogue:
    """Chooses the text of each product by all rows of it that leave.

    Memory grows with products, not with rows.
    """

    def __init__(self) -> None:
        self._sold: dict[str, Rows] = {}
        self._text_rows: dict[str, dict[str, Rows]] = {}
        self._read: dict[str, tuple[str, frozenset[str]]] = {}
        self._named: set[str] = set()

    def add(self, cleaned: CleanDay, identifiers: Collection[str] = ()) -> None:
        """Count the texts of a day's purchases; what of ``identifiers`` stands in them is masked at once."""
        rows = cleaned.purchases
        texts = self._texts(rows["description"].unique().tolist(), identifiers)
        columns = (rows[name].tolist() for name in ("stock_code", "description", "customer", "invoice"))
        for code, typed, customer, invoice in zip(*columns, strict=True):
            first = (cleaned.day, invoice, customer)
            sold = self._sold.get(code)
            if sold is None:
                sold, self._text_rows[code] = self._sold.setdefault(code, Rows(first)), {}
            sold.take(customer, invoice)
            if not (text := texts[typed]):
                continue
            texts_of_product = self._text_rows[code]
            of_text = texts_of_product.get(text)
            if of_text is None:
                if len(texts_of_product) >= MOST_TEXTS:
                    continue
                of_text = texts_of_product.setdefault(text, Rows(first))
            of_text.take(customer, invoice)
            if MASK in text and (typed in self._named or _is_for(typed, customer, invoice)):
                of_text.are_for_somebody = True

    def products(self) -> list[Product]:
        """Every product with its text: that of most rows, the first by alphabet of those that tie.

        A text in which an identifier of the day, or something of its own row's customer, was masked, is a
        product's only where WELL_KNOWN customers have it.
        """
        return [Product(code, sold, *self._most(code, sold)) for code, sold in self._sold.items()]

    def texts(self) -> dict[str, str]:
        """Product code -> text."""
        return {product.product_code: product.text for product in self.products()}

    def _texts(self, typed: list[str], identifiers: Collection[str]) -> dict[str, str]:
        """What was typed -> what of it may be a product's text."""
        if len(self._read) > MOST_READ:
            self._read.clear()
        for text in typed:
            if text not in self._read and len(text) <= LONGEST:
                read = product_text(text)
                self._read[text] = read, words_of(read)
        known, texts = telling(identifiers), dict.fromkeys(typed, "")
        self._named.clear()
        for text in typed:
            if len(text) <= LONGEST:
                read, words = self._read[text]
                texts[text] = read
                if not words.isdisjoint(known):
                    texts[text] = without_words(read, known)
                    self._named.add(text)
        return texts

    def _most(self, code: str, sold: Rows) -> tuple[str, Rows]:
        for text, rows in sorted(self._text_rows[code].items(), key=lambda each: (-each[1].count, each[0])):
            if not rows.are_for_somebody or rows.are_of_many():
                return text, rows
        return "", Rows(sold.first)


def _is_for(typed: str, customer: str, invoice: str) -> bool:
    return "@" in typed or customer.upper() in typed.upper() or invoice.upper() in typed.upper()
