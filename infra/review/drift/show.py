"""Drift as an issue of a forge, and as JSON."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from infra.review.drift.drift import SORTS, Drift, Moved
from infra.review.show.markdown import MOST_BYTES, code, escaped
from infra.review.show.summary import money

TITLES: Final = {
    "data": "Data",
    "security": "Security",
    "cost": "Cost",
    "harmless": "Harmless",
}
_ROWS: Final = (400, 100, 50, 20, 5, 0)


def markdown(drift: Drift) -> str:
    """The body of the issue; where it would be too long, tables end early and say so."""
    text = ""
    for rows in _ROWS:
        text = "\n".join((marker(drift.stack), *_lines(drift, rows))) + "\n"
        if len(text.encode()) <= MOST_BYTES:
            break
    return text


def marker(stack: str) -> str:
    """The hidden first line by which a later run finds the issue and edits it."""
    return f"<!-- isthmus-drift: {re.sub(r'[^A-Za-z0-9._-]', '_', stack)[:100]} -->"


def headline(drift: Drift) -> str:
    """What was found, in one sentence."""
    parts = [f"{len(found)} {sort}" for sort in SORTS if (found := drift.of(sort))]
    if not parts:
        return f"nothing moved: {drift.looked_at} resources stand as the state says"
    return f"{len(drift.moved)} of {drift.looked_at} resources moved ({', '.join(parts)})"


def plain(drift: Drift) -> dict[str, Any]:
    """The shape of ``--json``; docs/gitops.md tells it."""
    return {
        "version": 1,
        "stack": drift.stack,
        "lookedAt": drift.looked_at,
        "matters": drift.matters,
        "counts": {sort: len(drift.of(sort)) for sort in SORTS},
        "moved": [
            {
                "urn": each.change.urn,
                "type": each.change.resource.type,
                "name": each.change.resource.name,
                "kind": "gone" if each.change.kind == "delete" else each.change.kind,
                "sort": each.sort,
                "properties": [
                    {"path": one.path, "state": one.before, "cloud": one.after}
                    for one in each.change.properties
                ],
                "usdPerMonth": float(each.cost.expected),
                "breaks": [one.rule for one in each.breaks],
                "by": None
                if each.mover is None
                else {"who": each.mover.who, "what": each.mover.what, "when": each.mover.when},
            }
            for each in drift.moved
        ],
    }


def _lines(drift: Drift, rows: int) -> Iterator[str]:
    yield f"## Drift of {code(drift.stack)}: {headline(drift)}"
    for sort in SORTS:
        found = drift.of(sort)
        if not found:
            continue
        yield from ("", f"### {TITLES[sort]}", "", "| resource | state → cloud | USD a month | who |")
        yield "|---|---|---:|---|"
        yield from (_row(each) for each in found[:rows])
        if len(found) > rows:
            yield from ("", f"and {len(found) - rows} more, in the JSON of this run")
    yield ""
    yield (
        "<sub>The state held against what the clouds answer. `pulumi up` brings back what the program says; "
        "what is to stay goes into the program or the stack file first.</sub>"
    )


def _row(moved: Moved) -> str:
    change = moved.change
    told = [
        f"{code(each.path)} {code(each.before) or 'absent'} → {code(each.after) or 'absent'}"
        for each in change.properties[:6]
    ]
    if len(change.properties) > 6:
        told.append(f"and {len(change.properties) - 6} more inputs")
    if change.kind == "delete":
        told.append(f"**gone**{f': {escaped(moved.impact.down)}' if moved.impact.down else ''}")
    told += [f"breaks {code(each.rule)}" for each in moved.breaks[:4]]
    who = moved.mover
    by = f"{code(who.who)} {code(who.what)}, {escaped(who.when)}" if who else ""
    name = f"{code(change.resource.name)}<br><sub>{code(change.resource.type)}</sub>"
    return f"| {name} | {'<br>'.join(told)} | {money(moved.cost.expected, signed=True)} | {by} |"
