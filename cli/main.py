"""The door to everything: ``isthmus``."""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib.metadata import version
from typing import Annotated

import typer
from rich.markup import escape

from cli.commands import (
    doctor,
    down,
    drift,
    env,
    logs,
    orders,
    preview,
    recommend,
    rehearse,
    release,
    release_judge,
    settings,
    status,
    train,
    transfer,
    trigger,
    tune,
    up,
)
from cli.console import err
from cli.help_texts import let_wrap
from isthmus.errors import IsthmusError
from isthmus.os_errors import as_ours

app = typer.Typer(
    name="isthmus",
    help="Two clouds, one recommender: rehearse the estate on this machine, train, release, serve.",
    epilog="Start with:  isthmus rehearse",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
)

INTERRUPTED = 130
"""Exit status with which typer leaves at Ctrl-C: 128 and the number of SIGINT."""

COMMANDS: dict[str, Callable[..., object]] = {
    "rehearse": rehearse.rehearse,
    "up": up.up,
    "preview": preview.preview,
    "down": down.down,
    "doctor": doctor.doctor,
    "env": env.env,
    "status": status.status,
    "logs": logs.logs,
    "trigger": trigger.trigger,
    "train": train.train,
    "tune": tune.tune,
    "drift": drift.drift,
    "transfer": transfer.transfer,
    "recommend": recommend.recommend,
}
for name, command in COMMANDS.items():
    app.command(name)(command)
release.app.command("judge")(release_judge.judge)
app.add_typer(release.app, name="release")
app.add_typer(settings.app, name="settings")
app.add_typer(orders.app, name="orders")
let_wrap(app)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"isthmus {version('isthmus')}")
        raise typer.Exit


@app.callback()
def _options(
    _version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version and leave."
        ),
    ] = False,
) -> None: ...


def main() -> None:
    """Run a command; an error that was written for the user is one sentence and its own exit status.

    That is 1, or 64 where settings or data are wrong and the same command would fail again. Arguments that
    no command takes are told by typer, with exit status 2. Anything else is a defect and keeps its traceback.
    """
    try:
        app()
    except SystemExit as left:
        if left.code == INTERRUPTED:
            err.print("isthmus: stopped; the same command goes on from here")
        raise
    except (IsthmusError, OSError) as error:
        if (ours := as_ours(error)) is None:
            raise
        err.print(f"[bold red]isthmus:[/] {escape(str(ours))}")
        sys.exit(ours.exit_status)


if __name__ == "__main__":
    main()
