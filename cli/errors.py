"""Where an error becomes one sentence, or stays a traceback."""

from __future__ import annotations

OURS = ("cli", "infra", "training", "serving", "rehearsal")


def is_for_the_user(error: BaseException) -> bool:
    """Whether an error was written for the user.

    The project's rule: an exception *class* of one of our packages carries a message for the
    user. Anything else that arrives at the top is a defect, and keeps its traceback.
    """
    return type(error).__module__.split(".")[0] in OURS


class CommandError(Exception):
    """A command cannot go on; the message says why and what to do next."""
