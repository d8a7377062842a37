"""``isthmus prices``: the prices that a review reckons with."""

from __future__ import annotations

from typing import Annotated

import typer

app = typer.Typer(name="prices", help="The prices that a review reckons with.", no_args_is_help=True)
ROWS = 40


@app.callback()
def _prices() -> None: ...


@app.command()
def refresh(
    region: Annotated[
        list[str] | None,
        typer.Option(help="Regions; those of the stacks where none is named.", show_default=False),
    ] = None,
    source: Annotated[
        str | None,
        typer.Option(
            "--from", help="Where the lists stand, in place of AWS's own address.", show_default=False
        ),
    ] = None,
    check: Annotated[bool, typer.Option("--check", help="Only tell what would move; write nothing.")] = False,
    accept_jumps: Annotated[
        bool, typer.Option("--accept-jumps", help="Take prices that more than doubled or halved.")
    ] = False,
) -> None:
    """Read AWS's public price lists anew, tell every price that moved, and write them with day and source.

    A list that is not whole, older than what is here, or without a price that is here today refuses it all.
    Prices by spot are in no list and stay, but for those that would be above the new ones on demand.

    Example:  isthmus prices refresh --region eu-west-1 --check
    """
    from rich.table import Table

    from infra.review.cost.refresh.download import PUBLISHED, address, lines
    from infra.review.cost.refresh.price_list import RefreshRefused
    from infra.review.cost.refresh.refresh import refresh as read_anew
    from infra.review.cost.refresh.refresh import write
    from isthmus.cli.console import err, out, print_table

    base = source or PUBLISHED

    def open_(offer: str, where: str) -> object:
        err.print(f"Reading the list of {offer} for {where}", style="dim")
        return lines(address(base, offer, where))

    found = read_anew(open_, lambda offer, where: address(base, offer, where), region or _regions())  # type: ignore[arg-type]
    table = Table(box=None, pad_edge=False, header_style="dim")
    for title in ("Price", "Region", "before", "now"):
        table.add_column(title, justify="left" if title in ("Price", "Region") else "right")
    for each in found.moved[:ROWS]:
        before = "none" if each.before is None else f"{each.before:f}"
        table.add_row(each.what, each.region, before, f"{each.after:f}", style="yellow" if each.jumps else "")
    if found.moved:
        print_table(table)
    if len(found.moved) > ROWS:
        out.print(f"and {len(found.moved) - ROWS} more")
    for gone in found.dropped:
        out.print(f"by spot, {gone}: above the new price on demand, taken out", markup=False)
    told = f"{found.read} prices read, {len(found.moved)} moved"
    jumps = [each for each in found.moved if each.jumps]
    if jumps and not accept_jumps:
        raise RefreshRefused(
            f"{told}, and {len(jumps)} more than doubled or halved ({jumps[0].what} in "
            f"{jumps[0].region}): nothing is written; look whether that is right, then add --accept-jumps"
        )
    if check:
        out.print(f"{told}; nothing is written")
        return
    write(found)
    out.print(
        f"{told}; written, each with its day and list. `git diff` shows them; the kept comments may move"
    )


def _regions() -> list[str]:
    """The regions of the stack files."""
    from isthmus.stack_files import read
    from rehearsal.home import project_root

    found = set()
    for file in (project_root() / "stacks").glob("Pulumi.*.yaml"):
        settings = read(file).config.get("isthmus:aws")
        if isinstance(settings, dict) and isinstance(settings.get("region"), str):
            found.add(settings["region"])
    return sorted(found)
