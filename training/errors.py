"""Errors of training that are written for the user: one sentence, what is wrong and what to do next."""

from __future__ import annotations

from isthmus.errors import FAILED, WrongData


class TrainingError(WrongData):
    """Training, transfer or validation cannot go on."""


class StoreFailed(TrainingError):
    """An object store did not do what it was asked; the same may succeed later."""

    exit_status = FAILED
