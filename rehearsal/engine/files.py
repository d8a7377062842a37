"""Small text files that are there in full or not at all."""

from __future__ import annotations

from pathlib import Path

from isthmus.atomic_files import atomic_write


def write_text(path: Path, text: str, mode: int = 0o644) -> None:
    """Replace ``path`` by a file with this text; a reader sees the old one or the new one, whole."""
    atomic_write(path, text.encode(), mode)


def write_executable(path: Path, text: str) -> None:
    write_text(path, text, 0o755)
