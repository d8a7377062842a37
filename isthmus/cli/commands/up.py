"""``isthmus up``: the stack ``local``, from settings to answers, without the tour."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def up(
    orders: Annotated[
        Path | None, typer.Option(help="Folder of by-day order files; the sample in the project otherwise.")
    ] = None,
    refresh: Annotated[bool, typer.Option("--refresh", help="Ask the stand-ins for drift first.")] = False,
) -> None:
    """Bring the rehearsed estate to what the program and stacks/Pulumi.local.yaml say.

    Example:  isthmus up --refresh
    """
    from isthmus.cli.console import err, out
    from isthmus.cli.engine_progress import Narration
    from rehearsal.estate import Estate

    estate = Estate.find(lambda line: err.print(line, style="yellow"))
    estate.install_for_up()
    if lost := estate.lost():
        err.print(f"{lost}: rebuilding the estate.", style="yellow")
        estate.wipe()
    with estate.given(orders) as seeded, Narration("pulumi up") as narration:
        result = estate.up(narration.take, ("--refresh",) if refresh else (), seeded)
    out.print(f"local: {result}")
