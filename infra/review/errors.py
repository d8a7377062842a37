"""What a review ends with where it cannot judge."""

from __future__ import annotations

from isthmus.errors import IsthmusError

OVER = 1
"""Exit status of a review that refuses: over the budget, or unpriced where everything must have a price."""
NO_VERDICT = 2
"""Exit status of a review that could not judge."""


class CannotJudge(IsthmusError):
    """There is no verdict; the message says what could not be read and what to give instead."""

    exit_status = NO_VERDICT

    def __init__(self, sentence: str) -> None:
        # It may quote what others wrote, which a terminal must not obey.
        super().__init__("".join(c if c.isprintable() or c == "\n" else ascii(c)[1:-1] for c in sentence))
