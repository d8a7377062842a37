"""``isthmus doctor``: what a rehearsal lacks on this machine, or what a stack lacks in its clouds."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rehearsal.home import Home


def doctor(
    stack: Annotated[
        str | None,
        typer.Argument(
            help="Look at what this stack's clouds must have before a first up; none: at this machine."
        ),
    ] = None,
    fix: Annotated[bool, typer.Option("--fix", help="Set up all that is missing of it first.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")] = False,
) -> None:
    """Say what is on this machine, what is missing, and the one command that mends it.

    With a stack: what its accounts must have before a first up, asked with your own credentials, by calls
    that read only. Without credentials it lists what it would ask, and where each is obtained.

    Ends with status 1 when something is missing, or a cloud that was asked did not answer.

    Example:  isthmus doctor --fix
    """
    if stack is not None:
        from isthmus.cli import stack_doctor
        from isthmus.cli.errors import CommandError

        if fix:
            raise CommandError(
                "--fix sets up this machine; of a stack, `isthmus bootstrap` makes what it can"
            )
        raise typer.Exit(0 if stack_doctor.look(stack, as_json) else 1)

    from rich.table import Table

    from isthmus.cli import doctor_checks
    from isthmus.cli.console import err, out, print_table
    from rehearsal.home import Home

    home = Home.find()
    if fix:
        from rehearsal import private_cloud
        from rehearsal.estate import install

        with private_cloud.preparing():
            install(home)

    findings = doctor_checks.look(home)
    missing = [finding for finding in findings if finding.state == "missing"]
    if as_json:
        print(json.dumps([asdict(finding) for finding in findings], indent=2))
        raise typer.Exit(1 if missing else 0)

    marks = {"ok": "[green]ok[/]", "note": "[yellow]note[/]", "missing": "[bold red]missing[/]"}
    table = Table(box=None, pad_edge=False, header_style="dim")
    for title in ("", "What", "Found"):
        table.add_column(title)
    for finding in findings:
        mend = f"\n[dim]mend:[/] {finding.mend}" if finding.mend else ""
        table.add_row(marks[finding.state], finding.what, f"{_plain(finding.said)}{mend}")
    print_table(table)
    if not missing:
        out.print(f"\nReady. {_next(home)}")
        return
    commands = dict.fromkeys(finding.mend for finding in missing if finding.mend)
    if commands:
        err.print(f"\n[bold]Run:[/]  {next(iter(commands))}")
    raise typer.Exit(1)


def _next(home: Home) -> str:
    """What to do next, by what is up."""
    from rehearsal.cluster import agent
    from rehearsal.stack_copy import stands

    if not stands(home):
        return "Next:  isthmus rehearse"
    if not agent.is_running(home):
        return "The estate was made, and its pods do not run. Next:  isthmus up"
    return "The rehearsal is up. Next:  isthmus status"


def _plain(text: str) -> str:
    from rich.markup import escape

    return escape(text)
