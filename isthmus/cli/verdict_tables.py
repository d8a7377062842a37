"""A verdict on a terminal: texts of a preview are shown as others wrote them, never as markup or commands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rich.table import Table
from rich.text import Text

from isthmus.cli.console import out, print_table

if TYPE_CHECKING:
    from infra.review.verdict import Judged, Moved, Verdict

ROWS: Final = 40
_STYLES: Final = {"add": "green", "change": "yellow", "replace": "bold red", "delete": "bold red"}


def show_verdict(verdict: Verdict) -> None:
    """Print what differs, what it costs, what it means, and the verdict."""
    from infra.review.show.summary import counts, dangers, headline, notes

    if verdict.judged:
        _changes(verdict)
    _costs(verdict)
    for title, told in (("What it means", dangers(verdict)), ("Notes", notes(verdict))):
        if sentences := list(told):
            out.print()
            out.print(Text(title, "bold"))
            for sentence in sentences[:ROWS]:
                out.print(plain(f"  {sentence}", 400))
    _findings(verdict)
    _budgets(verdict)
    out.print()
    out.print(plain(f"{verdict.stack} against {verdict.against}: {counts(verdict)}.", 400))
    out.print(plain(f"Verdict: {headline(verdict)}.", 400))


def _changes(verdict: Verdict) -> None:
    from infra.review.show.summary import VERB, money

    table = Table(box=None, pad_edge=False)
    for name in ("", "resource", "type"):
        table.add_column(name)
    table.add_column("USD a month", justify="right")
    table.add_column("from")
    table.add_column("what differs")
    for judged in verdict.judged[:ROWS]:
        change = judged.change
        word = VERB[change.kind] + (", protected" if change.protected else "")
        table.add_row(
            Text(word, _STYLES[change.kind]),
            plain(change.resource.name),
            plain(change.resource.type),
            Text(money(judged.cost.expected, signed=True)),
            plain(_from(judged)),
            plain(_differs(judged), 300),
        )
    print_table(table)
    if (more := len(verdict.judged) - ROWS) > 0:
        out.print(Text(f"and {more} more: --json, --markdown or --html have all", "dim"))


def _from(judged: Judged) -> str:
    cause = judged.cause
    return f"{cause.settings[0].key} {cause.place}" if cause.settings else str(cause.place or "")


def _differs(judged: Judged) -> str:
    change = judged.change
    parts = [
        f"{each.path}: {each.before or 'absent'} → {each.after or 'absent'}"
        for each in change.properties[:3]
        if each.before != each.after
    ]
    if change.forced_by:
        parts.append(f"replaced for {', '.join(change.forced_by[:3])}")
    if change.goes_with:
        parts.append(f"goes with {change.goes_with.rsplit('::', 1)[-1]}")
    if change.like:
        parts.append(f"the like of {change.like.rsplit('::', 1)[-1]}")
    return "; ".join(parts)


def _costs(verdict: Verdict) -> None:
    from infra.review.show.summary import money

    def row(name: Text, moved: Moved) -> None:
        before, after = (
            f"{money(side.expected)} ({money(side.low)} to {money(side.high)})"
            for side in (moved.before, moved.after)
        )
        table.add_row(name, before, after, money(moved.by.expected, signed=True))

    table = Table(box=None, pad_edge=False)
    table.add_column("USD a month")
    for title in ("before", "after", "change"):
        table.add_column(title, justify="right")
    for site, moved in verdict.by_site.items():
        row(plain(site), moved)
    row(Text("total", "bold"), verdict.total)
    out.print()
    print_table(table)


def _findings(verdict: Verdict) -> None:
    for finding in verdict.findings[:ROWS]:
        where = f" ({finding.file}:{finding.line})" if finding.file else ""
        name = finding.urn.rsplit("::", 1)[-1]
        out.print()
        told = "stood before: " if finding.stood else ""
        out.print(plain(f"{told}{finding.severity} {finding.rule}: {name}{where}", 300))
        out.print(plain(f"  {finding.reason} To do: {finding.remedy}", 600))


def _budgets(verdict: Verdict) -> None:
    from infra.review.show.summary import money

    for over in verdict.overruns:
        out.print()
        out.print(
            plain(
                f"Budget of {over.what} ({over.key}): {money(over.after)} USD a month are likely, "
                f"{money(over.limit)} are allowed",
                300,
            )
        )
        for share in over.largest:
            out.print(plain(f"  {share.name} adds {money(share.usd)}", 300))
        for way in over.alternatives:
            enough = "the budget holds with it" if way.enough else "the budget is still passed"
            out.print(plain(f"  instead: {way.what} saves {money(way.saves)}; {enough}", 400))
        if not over.alternatives:
            out.print(Text("  nothing in the catalogue keeps the capacity for less"))


def plain(text: str, longest: int = 80) -> Text:
    """A text as it is, without what a terminal would obey, cut to what a table bears."""
    shown = "".join(letter if letter.isprintable() else "?" for letter in text)
    return Text(shown if len(shown) <= longest else f"{shown[: longest - 3]}...")
