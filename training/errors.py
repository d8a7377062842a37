"""Errors of training that are written for the user: one sentence, what is wrong and what to do next."""

from __future__ import annotations

from isthmus.errors import WrongData


class TrainingError(WrongData):
    """Training, transfer or validation cannot go on."""
