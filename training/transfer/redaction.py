"""What may leave as the text of a product: one line of its letters, of a product's length, no one's number.

In the log of a real shop a description now and then says for whom, or on which invoice, a line was booked, or
holds whatever stood between two quotes. This is the first of three lines: what does not read as a product's
text is none; ``training.transfer.catalogue`` gives each product one text, that of most of its rows; and
``training.transfer.naming`` compares what was chosen with every identifier of the source.

All of it takes time that grows linearly with the text.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection

LONGEST = 200
"""Characters of a product's text. What is longer is a note, or a piece of the file."""
LEAST_LENGTH = 5
MASK = "#"
_JOINERS = dict.fromkeys(map(ord, "\u200c\u200d"))
"""Format characters that words of some scripts are written with; no others are part of a product's text."""
_DIGITS = re.compile(r"\d{5}")
_NUMBER = re.compile(r"\d(?:[ .()/-]{0,2}\d){6,}")
"""Seven digits and more, in groups or not: a telephone number, an account."""
_DATE = re.compile(r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{4}")
_SPACE = re.compile(r"(\s+)")
_WORD = re.compile(r"[^\s,;:()\[\]/]+")


def product_text(text: str) -> str:
    """The text as it may be a product's, with ``#`` for what may be somebody's number; "" where it is none.

    A product's text is one line of at most LONGEST characters, with a letter in it, without control
    characters and without a date such as a row of the log has. In it, words with five digits in a row,
    telephone numbers and addresses of electronic mail become ``#``.
    """
    if len(text) > LONGEST or not _is_one_line(text) or _DATE.search(text):
        return ""
    masked = _masked(" ".join(text.split()))
    return masked if any(letter.isalpha() for letter in masked) else ""


def telling(identifiers: Collection[str]) -> set[str]:
    """The identifiers that no product's text has as a word, in capitals: long ones with a digit in them."""
    return {
        identifier.upper()
        for identifier in identifiers
        if len(identifier) >= LEAST_LENGTH and any(map(str.isdigit, identifier))
    }


def words_of(text: str) -> frozenset[str]:
    """The words of a text, in capitals."""
    return frozenset(word.upper() for word in _WORD.findall(text))


def without_words(text: str, known: Collection[str]) -> str:
    """A text in which these words (in capitals) are ``#``."""
    return _WORD.sub(lambda found: MASK if found[0].upper() in known else found[0], text)


def _is_one_line(text: str) -> bool:
    if text.isascii():
        return text.isprintable()
    categories = (unicodedata.category(letter) for letter in text.translate(_JOINERS))
    return not any(category[0] == "C" or category in ("Zl", "Zp") for category in categories)


def _masked(text: str) -> str:
    """The text without what may be somebody's number or address, whatever the identifiers of the source."""
    if not text.isascii() and any(map(str.isdigit, text)):
        text = text.translate(_JOINERS)  # they could stand between two digits
    if "@" not in text and not _DIGITS.search(text) and not _NUMBER.search(text):
        return text
    words = _SPACE.split(_NUMBER.sub(MASK, text))
    return "".join(MASK if _is_revealing(word) else word for word in words)


def _is_revealing(word: str) -> bool:
    at = word.find("@", 1)
    return _DIGITS.search(word) is not None or (at > 0 and "." in word[at + 2 : -1])
