"""Digests of images in a stack file."""

from __future__ import annotations

from collections.abc import Mapping

from isthmus.stack_files.section_lines import set_in_section


def pinned(text: str, digests: Mapping[str, str]) -> str:
    """The text of a stack file with these digests in its section ``images``, made where it is missing."""
    return set_in_section(text, "images", digests)
