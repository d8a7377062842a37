"""``isthmus release agree``: whether a release says the same wherever it is asked."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from serving.agreement.beside import Row


def agree(
    release: Annotated[Path, typer.Argument(help="A release directory.")],
    customers: Annotated[
        int, typer.Option(min=1, help="Most customers of the release that are asked for.")
    ] = 1000,
    as_json: Annotated[bool, typer.Option("--json", help="Print all of it as JSON.")] = False,
) -> None:
    """Ask a release for its own customers by Keras, ONNX Runtime, Triton and a device, and compare.

    Each way has a tolerance, which the table states. Exit status 1 where one is not held.

    Example:  isthmus release agree release/
    """
    from dataclasses import asdict

    from isthmus.cli.bars import Bars
    from isthmus.cli.console import err, print_json
    from isthmus.cli.extras import require_extra
    from isthmus.quiet_stderr import quiet_stderr

    for extra in ("training", "serving", "edge"):
        require_extra(extra, "release agree")
    from serving.agreement.agree import agree as compare
    from training.release import verify

    manifest = verify(release)
    with Bars(logger="serving"), quiet_stderr():
        rows = compare(release, manifest, customers)
    if as_json:
        print_json({"release": manifest.digest(), "rows": [asdict(row) | {"held": row.held} for row in rows]})
    else:
        _show(rows)
    if wrong := [row for row in rows if not row.held]:
        for row in wrong:
            err.print(
                f"isthmus: {row.way} is not within its tolerance of {row.reference}: {row.overlap:.2%} of "
                f"its products are the best 20 (least: {row.tolerance.overlap:.0%}), scores are off by "
                f"{row.difference:.1e} (most: {row.tolerance.difference:.0e})",
                markup=False,
            )
        raise typer.Exit(1)


def _show(rows: list[Row]) -> None:
    from rich.table import Table

    from isthmus.cli.console import out, print_table

    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("Asked")
    table.add_column("beside")
    titles = ("customers", "best 20", "least", "others", "scores differ", "mean", "tolerance")
    for title in titles:
        table.add_column(title, justify="right")
    table.add_column("")
    for row in rows:
        table.add_row(
            row.way,
            row.reference,
            f"{row.customers:,}",
            f"{row.overlap:.2%}",
            f"{row.least_overlap:.0%}",
            f"{row.others:,}",
            f"{row.difference:.1e}",
            f"{row.mean_difference:.1e}",
            str(row.tolerance),
            "[green]held[/]" if row.held else "[red]not held[/]",
        )
    print_table(table)
    out.print(
        "best 20: share of its products that are among the best 20 of what it is beside; others: customers "
        "with one or more that are not; scores: of the customer's largest",
        style="dim",
        markup=False,
    )
