"""Drift on a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from isthmus.cli.console import print_table
from isthmus.cli.verdict_tables import plain

if TYPE_CHECKING:
    from infra.review.drift.drift import Drift, Moved

STYLES = {"data": "bold red", "security": "red", "cost": "yellow", "harmless": "dim"}


def show_drift(drift: Drift) -> None:
    """Each resource that moved, the gravest first."""
    from rich.table import Table

    if not drift.moved:
        return
    table = Table(box=None, pad_edge=False, header_style="dim")
    for title in ("", "Resource", "State -> cloud", "Who"):
        table.add_column(title)
    for each in drift.moved:
        by = each.mover
        table.add_row(
            f"[{STYLES[each.sort]}]{each.sort}[/]",
            plain(each.change.resource.name, 60),
            plain(_told(each), 240),
            plain(f"{by.who} {by.what} {by.when}", 120) if by else "",
        )
    print_table(table)


def _told(moved: Moved) -> str:
    if moved.change.kind == "delete":
        return "is gone"
    told = [
        f"{each.path}: {each.before or 'absent'} -> {each.after or 'absent'}"
        for each in moved.change.properties[:4]
    ]
    return "; ".join([*told, *(f"breaks {each.rule}" for each in moved.breaks[:3])]) or "is not in the state"
