"""The sentences of a verdict that every way of showing it begins with."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal

from infra.review.verdict import Judged, Outcome, Verdict

VERB = {"add": "added", "change": "changed", "replace": "replaced", "delete": "deleted"}


def headline(verdict: Verdict) -> str:
    """The verdict in one sentence."""
    told: dict[Outcome, str] = {
        "good": "nothing refuses this change",
        "refused by policy": "refused by policy",
        "protected": "refused: what is protected would be deleted",
        "over budget": "refused: over the budget",
        "unpriced": "refused: parts have no known price",
    }
    return told[verdict.outcome]


def counts(verdict: Verdict) -> str:
    """``2 replaced, 1 added; 247 stay as they are``."""
    parts = [f"{len(found)} {word}" for kind, word in reversed(VERB.items()) if (found := verdict.of(kind))]
    told = ", ".join(parts) or "no resource differs"
    return f"{told}; {verdict.unchanged} stay as they are"


def money(amount: Decimal, *, signed: bool = False) -> str:
    """``1,234.50``; with its sign where it is a difference."""
    return f"{amount:+,.2f}" if signed and amount else f"{amount:,.2f}"


def dangers(verdict: Verdict) -> Iterator[str]:
    """What is lost, what the engine or a cloud refuses, what is down; the gravest first."""
    for judged in verdict.judged:
        if judged.change.protected:
            yield f"{_named(judged)} is protected: `pulumi up` refuses to delete it"
    for judged in verdict.judged:
        if judged.impact.lost:
            yield f"{_named(judged)} takes with it {judged.impact.lost}"
        if judged.impact.refused:
            yield f"{_named(judged)} is refused while it is not empty: {judged.impact.refused}"
    down: dict[tuple[str, str], Counter[str]] = {}
    for judged in verdict.judged:
        if judged.impact.down and judged.change.kind != "change":
            down.setdefault((judged.impact.site, judged.impact.down), Counter())[judged.impact.noun] += 1
    for (site, what), nouns in down.items():
        told = ", ".join(f"{count} × {noun}" for noun, count in nouns.items())
        yield f"{site}: {what} ({told})"
    for judged in verdict.judged:
        if judged.change.kind == "change" and judged.impact.down:
            yield f"{_named(judged)}: {judged.impact.down}"


def notes(verdict: Verdict) -> Iterator[str]:
    """What settings mean by the table of changes, renames, and what no preview can tell."""
    told = dict.fromkeys(
        f"{setting.key}: {effect.note}"
        for setting in verdict.written.settings
        if (effect := setting.effect) is not None and effect.note
    )
    yield from told
    if (ahead := verdict.written.ahead) > 0:
        yield (
            f"commits of the other side that are not in this one: {ahead}; what they changed is shown "
            "undone, so rebase, or review against the commit that both have (`git merge-base`)"
        )
    if renamed := [judged for judged in verdict.judged if judged.change.like]:
        yield (
            f"added resources that are the like of deleted ones: {len(renamed)}, as if a name or a component "
            "was renamed; with `aliases` in their ResourceOptions they would stay"
        )
    if open_ := [judged for judged in verdict.judged if judged.change.known_by.startswith("not known")]:
        kinds = sorted({judged.change.resource.type for judged in open_})
        told_of = ", ".join(kinds)
        yield f"whether these are updated or replaced is not known, as no schema is here: {told_of}"
    if any(setting.key.startswith("cost.") for setting in verdict.written.settings):
        yield "settings of cost differ: both sides are reckoned by the new ones"
    if verdict.hidden:
        yield f"secret inputs: {verdict.hidden}; whether they differ, no preview tells"
    if unpriced := len(verdict.cost.after.unpriced):
        yield f"parts without a known price, which are in no figure: {unpriced}"


def _named(judged: Judged) -> str:
    change = judged.change
    noun = judged.impact.noun or change.resource.type
    return f"{VERB[change.kind]} {noun} {change.resource.name} ({judged.impact.site})"
