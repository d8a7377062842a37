"""``isthmus status``: what runs in the rehearsal."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

_MINUTE, _HOUR, _DAY = 60, 3600, 86400
_COLOURS = {"Running": "green", "Completed": "dim", "Terminating": "dim", "Pending": "yellow"}


def status(
    site: Annotated[
        Literal["aws", "openstack"] | None, typer.Option(help="Only the pods of this site.")
    ] = None,
) -> None:
    """Show the pods of both clusters: ready, restarts, age, image, and what stands in for it here.

    Example:  isthmus status --site aws
    """
    from rich.table import Table

    from cli.console import err, out
    from rehearsal.cluster import agent
    from rehearsal.cluster.overview import SITES, pod_lines
    from rehearsal.home import Home

    home = Home.find()
    lines = pod_lines(home, site)
    if not lines:
        out.print(f"No pods{f' in {site}' if site else ''}: `isthmus rehearse` starts the estate.")
        return
    for here in dict.fromkeys([*SITES, *(line.site for line in lines)]):
        of_site = [line for line in lines if line.site == here]
        if not of_site:
            continue
        table = Table(title=f"{here} ({of_site[0].cluster})", title_justify="left", box=None, pad_edge=False)
        for column in (
            "namespace",
            "pod",
            "ready",
            "state",
            "restarts",
            "age",
            "address",
            "image",
            "stands in",
        ):
            table.add_column(column, overflow="fold")
        for line in of_site:
            colour = _COLOURS.get(line.state, "red")
            table.add_row(
                line.namespace,
                line.name,
                f"{line.ready}/{line.containers}",
                f"[{colour}]{line.state}[/]",
                str(line.restarts),
                _age(line.age_seconds),
                line.address,
                line.image,
                line.stands_in,
            )
        out.print(table)
        for line in of_site:
            if line.message and line.state not in ("Completed",):
                out.print(f"  {line.name}: {line.message}", style="yellow", markup=False)
    if not agent.is_running(home):
        err.print(
            "The node agent does not run: `isthmus up` starts it, and the pods with it.", style="yellow"
        )


def _age(seconds: float) -> str:
    """``5s``, ``3m``, ``2h``, ``4d``."""
    for unit, size in (("d", _DAY), ("h", _HOUR), ("m", _MINUTE)):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f}{unit}"
    return f"{seconds:.0f}s"
