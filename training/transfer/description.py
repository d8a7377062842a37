"""Descriptions of products, without the customers and invoices that someone typed into them.

In the log of a real shop a description now and then says for whom, or on which invoice, a line was booked. A
number of five digits and more, an address of electronic mail, and every customer id and invoice number of the
day (of five characters and more) are replaced by ``#`` before a description leaves.
"""

from __future__ import annotations

import re
from collections.abc import Collection

import pandas as pd

_REVEALING = re.compile(r"\S*\d{5,}\S*|\S+@\S+\.\S+")
_WORD = re.compile(r"[^\s,;:()\[\]/]+")
LEAST_LENGTH = 5


def without_identifiers(descriptions: pd.Series, identifiers: Collection[str]) -> pd.Series:
    """Descriptions in which whatever may name a customer or an invoice is ``#``."""
    known = {one.upper() for one in identifiers if len(one) >= LEAST_LENGTH}

    def mask(found: re.Match[str]) -> str:
        return "#" if found[0].upper() in known else found[0]

    masked = {
        text: _WORD.sub(mask, _REVEALING.sub("#", text)) for text in descriptions.unique()
    }  # few products, many rows
    return descriptions.map(masked)
