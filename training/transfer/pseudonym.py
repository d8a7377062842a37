"""Keyed pseudonyms: without the key, no one can tell or try out which customer one belongs to.

A pseudonym is HMAC-SHA256(key, kind || 0x00 || value), cut to 16 bytes, in hexadecimal. The kind keeps a
customer and an invoice of the same number apart. The key is a secret of the private site and never leaves it.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable
from typing import Literal

from training.errors import TrainingError
from training.transfer.key_ring import LEAST_KEY_LENGTH, NamedKey, read_keys


class Pseudonyms:
    """Makes pseudonyms with the current key of a ring, and resolves those of its older keys.

    Args:
        key: a key, or several with ids (see ``training.transfer.key_ring``).

    Raises:
        TrainingError: when a key is shorter than 16 characters (the key itself is never shown).
    """

    def __init__(self, key: str | tuple[NamedKey, ...]) -> None:
        self._ring = read_keys(key) if isinstance(key, str) else key
        self._key = self._ring[0].secret

    def __repr__(self) -> str:
        return f"Pseudonyms(key={self.key_id}: ...)"

    @property
    def key_id(self) -> str:
        """The id of the current key, which manifests name."""
        return self._ring[0].id

    @property
    def key_ids(self) -> tuple[str, ...]:
        """The ids of all keys of the ring, the current one first."""
        return tuple(key.id for key in self._ring)

    def under(self, key_id: str) -> Pseudonyms:
        """The pseudonyms of one key of the ring.

        Raises:
            TrainingError: when the ring has no such key.
        """
        for key in self._ring:
            if key.id == key_id:
                return Pseudonyms((key,))
        raise TrainingError(
            f"PSEUDONYM_KEY has no key {key_id!r}, only {', '.join(key.id for key in self._ring)}; "
            "keep a rotated key in the ring for as long as its pseudonyms are in use"
        )

    def renewed(self, customers: Iterable[str]) -> dict[str, str]:
        """Old pseudonyms (of every older key) of these customers of the source, and the current one of each.

        Only who has the source and the keys can make it: the private site.
        """
        older = [self.under(key.id) for key in self._ring[1:]]
        return {
            old.customer(customer): self.customer(customer) for customer in set(customers) for old in older
        }

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


__all__ = ["LEAST_KEY_LENGTH", "Pseudonyms"]
