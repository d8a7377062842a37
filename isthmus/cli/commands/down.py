"""``isthmus down``: the end of a rehearsal."""

from __future__ import annotations

from typing import Annotated

import typer


def down(
    force: Annotated[
        bool,
        typer.Option("--force", help="End every process and forget all records without asking the engine."),
    ] = False,
) -> None:
    """Destroy the rehearsed estate, end all that it runs, and forget its records.

    The engine and the Python environment stay, so the next rehearsal starts quickly.

    Example:  isthmus down
    """
    from isthmus.cli.console import err, out
    from isthmus.cli.engine_progress import Narration
    from rehearsal.estate import Estate
    from rehearsal.stack_copy import STACK

    estate = Estate.find(lambda line: err.print(line, style="yellow"))
    if not estate.home.root.exists():
        out.print("Nothing to end: there is no rehearsal here.")
        return
    ending = "Ended"
    if force:
        ending = "Ended by force"
    elif STACK in estate.engine.stacks():
        estate.install()
        if lost := estate.lost():
            err.print(f"{lost}: there is nothing left to destroy.", style="yellow")
        else:
            with Narration("pulumi destroy") as narration:
                result = estate.destroy(narration.take)
            ending = f"local: {result}" if result else ending
    estate.wipe()
    out.print(f"{ending}. No process, no stand-in and no record of the rehearsal is left.")
