"""What a policy, or another judge of a preview, holds against one resource."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final, Literal

Severity = Literal["low", "medium", "high", "critical"]

EXCEPTIONS: Final = "estate-policy-exceptions-hold"
"""The rule about exceptions themselves: one that ran out refuses, however long ago that was."""

SEVERITIES: Final[tuple[Severity, ...]] = ("critical", "high", "medium", "low")
"""The gravest first."""


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong with one resource, and where it was written."""

    rule: str
    """The rule's name, such as ``aws-bucket-is-private``; it stays the same from run to run."""
    title: str
    """What the rule asks for, in one line."""
    severity: Severity
    reason: str
    """Why it matters, for this resource."""
    remedy: str
    """What to do."""
    references: tuple[str, ...] = ()
    """Where else the rule is written, such as ``CIS AWS 3.0.0 2.1.4``."""
    urn: str = ""
    """The resource; "" where a rule speaks of the stack as a whole."""
    file: str = ""
    """Below the project's folder; "" where it is not known."""
    line: int = 0
    """From 1; 0 where it is not known."""
    refuses: bool = True
    """Whether the change is refused for it; else it is only told."""
    stood: bool = False
    """Whether it stood before the change, which is not refused for it."""


def new_alone(found: Iterable[Finding], before: Iterable[Finding]) -> Iterator[Finding]:
    """Let a change be refused for what it brings: what refused what stood before it, word for word, is told.

    One that is about an exception, such as that it has run out, refuses whoever comes by.

    Args:
        found: after the change.
        before: of what stood, by the exceptions of its own stack file.
    """
    there = {(each.rule, each.urn, each.reason) for each in before if each.refuses}
    for each in found:
        stood = each.refuses and each.rule != EXCEPTIONS and (each.rule, each.urn, each.reason) in there
        yield replace(each, refuses=False, stood=True) if stood else each
