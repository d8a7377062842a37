"""The sections of ``python -m tests.bench``, by the names that ``--only`` takes."""

from __future__ import annotations

from enum import StrEnum


class Section(StrEnum):
    """What is measured together."""

    UP = "up"
    WARM = "warm"
    PREVIEW = "preview"
    REVIEW = "review"
    ANSWERS = "answers"
    SERVING = "serving"
    RETRIEVAL = "retrieval"
    DOWN = "down"
    CONTROL_PLANES = "control-planes"
    TRANSFER = "transfer"
    WORKERS = "workers"
    TRAINING = "training"
    GROWTH = "growth"


LONG = frozenset({Section.GROWTH})
"""Whole trainings: in the short form only where they are named."""
