"""Keyed pseudonyms: without the key, no one can tell or try out which customer one belongs to.

A pseudonym is HMAC-SHA256(key, kind || 0x00 || value), cut to 16 bytes, in hexadecimal. The kind keeps a
customer and an invoice of the same number apart. The key is a secret of the private site and never leaves it.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import Literal

from training.errors import TrainingError

LEAST_KEY_LENGTH = 16
"""Characters; shorter keys could be tried out."""


class Pseudonyms:
    """Makes pseudonyms with one key.

    Raises:
        TrainingError: when the key is shorter than 16 characters (the key itself is never shown).
    """

    def __init__(self, key: str) -> None:
        if len(key) < LEAST_KEY_LENGTH:
            raise TrainingError(
                f"PSEUDONYM_KEY has {len(key)} characters, but needs at least {LEAST_KEY_LENGTH}; "
                "put a random one into the secret isthmus-keys"
            )
        self._key = key.encode()

    def __repr__(self) -> str:
        return "Pseudonyms(key=...)"

    def of(self, kind: Literal["customer", "invoice"], value: str) -> str:
        """The pseudonym of one value: 32 hexadecimal digits."""
        message = kind.encode() + b"\x00" + value.encode()
        return hmac.new(self._key, message, hashlib.sha256).digest()[:16].hex()

    def customer(self, customer_id: str) -> str:
        """The pseudonym of a customer of the source, written ``17850`` or ``17850.0``."""
        return self.of("customer", customer_id.strip().removesuffix(".0"))

    def invoice(self, number: str) -> str:
        """The pseudonym of an invoice of the source."""
        return self.of("invoice", number.strip().upper())
