"""``isthmus orders``: what a shop's log looks like."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from training.orders.describing import Described

app = typer.Typer(help="Look at the order log of a shop.", no_args_is_help=True)


@app.callback()
def _orders() -> None: ...


@app.command()
def describe(
    folder: Annotated[Path, typer.Argument(help="Folder of by-day files such as 2011-09-01.csv.gz.")],
    as_json: Annotated[bool, typer.Option("--json", help="Everything as one JSON object.")] = False,
) -> None:
    """Say how a log is written, as the section orders of a stack file, with what it would keep and leave out.

    The section goes to standard output, all else beside it. Exit status 1: something cannot be told.

    Example:  isthmus orders describe orders/ > orders.yaml && isthmus transfer --orders orders/
    --orders-settings orders.yaml --to arrivals/ --dry-run
    """
    from training.orders.describing import describe as look

    described = look(folder)
    if as_json:
        typer.echo(json.dumps(vars(described), indent=1, ensure_ascii=False))
    else:
        typer.echo(_yaml(described.section), nl=False)
        _tell(described)
    if described.problems:
        raise typer.Exit(1)


def _tell(described: Described) -> None:
    from rich.markup import escape

    from isthmus.cli.console import err

    read, kept = described.counts["read"], described.counts["kept"]
    if read:
        err.print(f"{described.days} days: {read:,} rows read, {kept:,} kept; left out:")
    for reason, count in described.counts.most_common():
        if count and reason not in ("read", "kept"):
            example = escape(described.examples.get(reason, ""))
            err.print(f"  {count:>9,} {reason.replace('_', ' ')}  [dim]{example}[/]")
    for warning in described.warnings:
        err.print(f"[yellow]look at this:[/] {escape(warning)}")
    for problem in described.problems:
        err.print(f"[red]cannot be told:[/] {escape(problem)}")


def _yaml(section: Mapping[str, Any]) -> str:
    """The section as it goes into a stack file; every text in quotes, so that it stays one."""
    if not section:
        return "# The defaults read it: no section orders is needed.\n"
    lines = ["config:", "  isthmus:orders:"]
    for key, value in section.items():
        if isinstance(value, dict):
            lines += [
                f"    {key}:",
                *(f"      {name}: {_scalar(element)}" for name, element in value.items()),
            ]
        elif isinstance(value, list):
            lines.append(f"    {key}: [{', '.join(map(_scalar, value))}]")
        else:
            lines.append(f"    {key}: {_scalar(value)}")
    return "\n".join(lines) + "\n"


def _scalar(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
