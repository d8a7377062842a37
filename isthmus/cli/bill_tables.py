"""A bill on the terminal. How a preview calls its resources is a text of others, and never markup."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from isthmus.cli.console import out, print_table

if TYPE_CHECKING:
    from infra.review.cost.bill import Line
    from infra.review.cost.charge import Range
    from infra.review.cost.report import Cost

DEAREST = 10
"""Lines that are shown where not all are asked for."""


def show(cost: Cost, *, every_line: bool) -> None:
    """Print sums, lines, what has no price, what was reckoned with, and the verdict."""
    bill = cost.after
    table = _table(_plain(f"{cost.stack}, USD a month"), "low", "expected", "high")
    for title, sums in (
        ("site", bill.by(lambda line: line.site)),
        ("purpose", bill.by(lambda line: line.purpose)),
        ("component", bill.by(lambda line: line.component)),
    ):
        for name, amount in sums.items():
            table.add_row(_plain(f"{title} {name}"), *_amounts(amount))
        table.add_section()
    table.add_row(Text("total", "bold"), *_amounts(bill.total()))
    print_table(table)
    _show_lines(bill.lines if every_line else _dearest(bill.lines), len(bill.lines))
    _show_pods(cost)
    _show_unpriced(cost)
    out.print()
    reckoned = ", ".join(f"{key} {value:,.10g}" for key, value in cost.usage.model_dump().items())
    out.print(Text(f"Reckoned with (cost.usage of the stack file): {reckoned}", "dim"))
    for sentence in verdict(cost):
        out.print(Text(sentence))


def verdict(cost: Cost) -> Iterator[str]:
    """The sentences at the end."""
    total, before = cost.after.total(), cost.before.total()
    likely = f"{total.expected:,.2f} USD a month, {total.low:,.2f} at least and {total.high:,.2f} at most"
    if cost.before.lines:
        change = total.expected - before.expected
        likely += f"; {change:+,.2f} by this change"
    yield f"{_plain(cost.stack)}: {likely}."
    if (each := cost.usd_per_thousand) is not None:
        yield f"Serving costs {each:f} USD for a thousand recommendations."
    if cost.capacity is not None:
        for name, usd in cost.capacity.usd_per_thousand(cost.pods).items():
            yield (
                f"{_plain(name)}, asked for all of the {cost.capacity.answers:,.10g} recommendations a "
                f"second that one of it was measured to answer: {usd:f} USD for a thousand."
            )
    if cost.usd_per_month is not None:
        aws = cost.after.total("aws").expected
        word = "over" if aws > cost.usd_per_month else "within"
        yield f"AWS: {aws:,.2f} USD, {word} the budget of {cost.usd_per_month:,.2f} (budget.usd_per_month)."
    if cost.after.unpriced:
        yield (
            f"{len(cost.after.unpriced)} parts have no known price and are in none of these figures; "
            "docs/cost.md says how to add one."
        )


def _show_lines(lines: tuple[Line, ...] | list[Line], of: int) -> None:
    title = f"{len(lines)} of {of} lines, the dearest" if len(lines) < of else f"{of} lines"
    table = _table(Text(title), "USD per unit", "low", "expected", "high", "price of")
    for line in lines:
        about = f"{line.resource.name}: {line.what}"
        day = line.price.date.isoformat() if line.price.date else "price book"
        usd = Text(f"{line.price.usd.normalize():f} per {line.price.unit}", justify="right")
        table.add_row(_plain(about), usd, *_amounts(line.monthly), day)
    out.print()
    print_table(table)


def _show_pods(cost: Cost) -> None:
    """By what they request; they are in the lines of their nodes already."""
    known = [each for each in cost.pods if each.monthly is not None][:DEAREST]
    if not known:
        return
    table = _table(Text("pods, contained in their nodes"), "low", "expected", "high", "CPUs", "GiB", "GPUs")
    for each in known:
        asked = (each.asked.cpus, each.asked.memory_gib, each.asked.gpus)
        if each.monthly is not None:
            table.add_row(
                _plain(f"{each.resource.name} on {each.nodes}"),
                *_amounts(each.monthly),
                *(Text(f"{value:.4g}") for value in asked),
            )
    out.print()
    print_table(table)


def _show_unpriced(cost: Cost) -> None:
    if not cost.after.unpriced:
        return
    table = Table("unpriced", "type", "reason", box=None, pad_edge=False, title_justify="left")
    for each in cost.after.unpriced:
        about = f"{each.resource.name}: {each.what}" if each.what else each.resource.name
        table.add_row(_plain(about), _plain(each.resource.type), _plain(each.reason))
    out.print()
    print_table(table)


def _dearest(lines: tuple[Line, ...]) -> list[Line]:
    return sorted(lines, key=lambda line: (-line.monthly.expected, -line.monthly.high))[:DEAREST]


def _table(first: Text, *numbers: str) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column(first)
    for number in numbers:
        table.add_column(number, justify="left" if number == "price of" else "right")
    return table


def _amounts(amount: Range) -> Iterator[Text]:
    for value in (amount.low, amount.expected, amount.high):
        yield Text(_money(value))


def _money(value: Decimal) -> str:
    return f"{value:,.2f}"


def _plain(text: str) -> Text:
    """A text as it is, without what a terminal would obey, cut to what a table bears."""
    shown = "".join(letter if letter.isprintable() else "?" for letter in text)
    return Text(shown if len(shown) <= 80 else f"{shown[:77]}...")
