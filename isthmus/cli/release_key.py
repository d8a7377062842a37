"""The key at hand and the key that a release names its customers with, when they are not the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from training.transfer.pseudonym import Pseudonyms


def fitting(pseudonyms: Pseudonyms, key_id: str | None) -> Pseudonyms:
    """The pseudonyms of a release's key where the ring has it, also as an older one; else the current ones.

    Args:
        pseudonyms: of the ring at hand.
        key_id: that the release tells; None where it tells none.
    """
    return pseudonyms.under(key_id) if key_id in pseudonyms.key_ids else pseudonyms


def another_key(pseudonyms: Pseudonyms, key_id: str | None) -> str:
    """One sentence where a release's key is not at hand; empty where it is, or where nothing is told of it.

    The same key under another id is taken for another one, so ask only when a customer was not found.
    """
    if key_id is None or key_id in pseudonyms.key_ids:
        return ""
    return (
        f"the customers of this release are named with the key {key_id}, but the key at hand is "
        f"{pseudonyms.key_id}; give the key {key_id} with --key or PSEUDONYM_KEY"
    )
