"""A file of a review: there in full or not at all."""

from __future__ import annotations

from pathlib import Path

from isthmus.atomic_files import atomic_write


def write(path: Path, text: str) -> None:
    """Write a text. Raises IsthmusError where the machine refuses it."""
    atomic_write(path, text.encode())
