"""The version of the features, by content: what the code that decides them says."""

from __future__ import annotations

from isthmus.source_digest import source_digest

DECIDE = (
    "features",
    "orders/cleaning.py",
    "orders/schema.py",
    "orders/source.py",
    "transfer/batch.py",
    "transfer/catalogue.py",
    "transfer/redaction.py",
)
"""Paths under ``training``, from raw orders to the inputs of the towers. A file that is new in
``training/features`` counts at once."""


def features_version() -> str:
    """``sha256:<hex>``: releases that tell the same one were given features by the same code."""
    return source_digest(*DECIDE)
