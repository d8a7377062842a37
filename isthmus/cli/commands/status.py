"""``isthmus status``: what runs in the rehearsal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    from rehearsal.cluster.overview import PodLine
    from rehearsal.cluster.rollouts import RolloutLine
    from rehearsal.home import Home

_MINUTE, _HOUR, _DAY = 60, 3600, 86400
_COLOURS = {"Running": "green", "Completed": "dim", "Terminating": "dim", "Pending": "yellow"}


def status(
    site: Annotated[
        Literal["aws", "openstack"] | None, typer.Option(help="Only the pods of this site.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print all of it as JSON.")] = False,
) -> None:
    """Show the pods of both clusters: ready, restarts, age, address, and what stands in for their images.

    Example:  isthmus status --site aws
    """
    from isthmus.cli.console import err, out, print_json
    from rehearsal.cluster import agent
    from rehearsal.cluster.overview import SITES, pod_lines
    from rehearsal.cluster.rollouts import rollout_lines
    from rehearsal.home import Home

    home = Home.find()
    lines, rollouts = pod_lines(home, site), rollout_lines(home, site)
    if as_json:
        print_json(_plain(home, lines, rollouts))
        return
    if not lines:
        out.print(f"No pods{f' in {site}' if site else ''}: `isthmus rehearse` starts the estate.")
        return
    for rollout in rollouts:
        told = f"{rollout.phase or 'Unknown'}, step {rollout.step} of {rollout.steps}"
        said = f"{rollout.site}: rollout {rollout.namespace}/{rollout.name}: {told}"
        out.print(f"{said}; {rollout.message}" if rollout.message else said, markup=False)
    for here in dict.fromkeys([*SITES, *(line.site for line in lines)]):
        if of_site := [line for line in lines if line.site == here]:
            _show(here, of_site)
    for image, stands_in in dict.fromkeys((line.image, line.stands_in) for line in lines):
        out.print(f"{image}  [dim]{stands_in}[/]")
    for what, url in _stand_ins(home).items():
        out.print(f"{what}  [dim]{url}[/]")
    if not agent.is_running(home):
        err.print(
            "The node agent does not run: `isthmus up` starts it, and the pods with it.", style="yellow"
        )


def _show(site: str, lines: list[PodLine]) -> None:
    from rich.table import Table

    from isthmus.cli.console import out, print_table

    out.print(f"[bold]{site}[/] ({lines[0].cluster})")
    table = Table(box=None, pad_edge=False, header_style="dim")
    for column in ("pod", "ready", "state", "restarts", "age", "address"):
        table.add_column(column)
    for line in lines:
        colour = _COLOURS.get(line.state, "red")
        table.add_row(
            f"{line.namespace}/{line.name}",
            f"{line.ready}/{line.containers}",
            f"[{colour}]{line.state}[/]",
            str(line.restarts),
            _age(line.age_seconds),
            line.address,
        )
    print_table(table)
    for line in lines:
        if line.message and line.state not in ("Completed",):
            out.print(f"  {line.name}: {line.message}", style="yellow", markup=False)
    out.print()


def _plain(home: Home, lines: list[PodLine], rollouts: list[RolloutLine]) -> dict[str, object]:
    """The shape of ``--json``; docs/rehearsal.md tells it."""
    from dataclasses import asdict

    from rehearsal.cluster import agent

    return {
        "home": str(home.root),
        "agentRuns": agent.is_running(home),
        "standIns": _stand_ins(home),
        "rollouts": [asdict(line) for line in rollouts],
        "pods": [
            {
                "site": line["site"],
                "cluster": line["cluster"],
                "namespace": line["namespace"],
                "name": line["name"],
                "state": line["state"],
                "ready": line["ready"],
                "containers": line["containers"],
                "restarts": line["restarts"],
                "ageSeconds": round(line["age_seconds"]),
                "address": line["address"],
                "image": line["image"],
                "standsIn": line["stands_in"],
                "message": line["message"],
            }
            for line in map(asdict, lines)
        ],
    }


def _stand_ins(home: Home) -> dict[str, str]:
    """What listens in place of the clouds' APIs, and where; nothing that does not run."""
    from rehearsal.openstack_services import services
    from rehearsal.plugins.aws import moto_server

    cloud = services.running(home)
    found = {"AWS": moto_server.address(home.aws), "private object store": cloud.store_url if cloud else ""}
    return {what: url for what, url in found.items() if url}


def _age(seconds: float) -> str:
    """``5s``, ``3m``, ``2h``, ``4d``."""
    for unit, size in (("d", _DAY), ("h", _HOUR), ("m", _MINUTE)):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f}{unit}"
    return f"{seconds:.0f}s"
