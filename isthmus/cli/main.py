"""The door to everything: ``isthmus``."""

from __future__ import annotations

import atexit
import copy
import gc
import os
import signal
import sys
from collections.abc import Callable
from typing import Annotated

import typer
from rich.markup import escape

from isthmus.cli import extras
from isthmus.cli.commands import (
    backup,
    bootstrap,
    destroy,
    doctor,
    down,
    drift,
    edge,
    env,
    forge,
    front,
    images,
    link,
    logs,
    operator,
    orders,
    policy,
    preview,
    prices,
    recommend,
    recover,
    rehearse,
    release,
    release_agree,
    release_drift,
    release_judge,
    release_optimise,
    release_promote,
    review,
    settings,
    status,
    train,
    transfer,
    trigger,
    tune,
    up,
)
from isthmus.cli.console import err
from isthmus.cli.help_texts import let_wrap
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
    "review": review.review,
    "recover": recover.recover,
    "backup": backup.backup,
    "restore": backup.restore,
    "destroy": destroy.destroy,
    "down": down.down,
    "doctor": doctor.doctor,
    "bootstrap": bootstrap.bootstrap,
    "env": env.env,
    "status": status.status,
    "logs": logs.logs,
    "trigger": trigger.trigger,
    "train": train.train,
    "tune": tune.tune,
    "drift": drift.drift,
    "operator": operator.operator,
    "transfer": transfer.transfer,
    "recommend": recommend.recommend,
}
for name, command in COMMANDS.items():
    app.command(name)(command)
release.app.command("agree")(release_agree.agree)
release.app.command("judge")(release_judge.judge)
release.app.command("optimise")(release_optimise.optimise)
release.app.command("drift")(release_drift.drift)
release.app.command("promote")(release_promote.promote)
app.add_typer(release.app, name="release")
app.add_typer(edge.app, name="edge")
app.add_typer(link.app, name="link")
app.add_typer(settings.app, name="settings")
app.add_typer(orders.app, name="orders")
app.add_typer(images.app, name="images")
app.add_typer(policy.app, name="policy")
app.add_typer(forge.app, name="forge")
app.add_typer(front.app, name="front")
app.add_typer(prices.app, name="prices")
let_wrap(app)


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"isthmus {version('isthmus')}")
        raise typer.Exit


@app.callback()
def _options(
    context: typer.Context,
    _version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version and leave."
        ),
    ] = False,
) -> None:
    if context.invoked_subcommand and "--help" not in sys.argv:
        extras.require(context.invoked_subcommand)


def _with_only(asked: list[str]) -> typer.Typer:
    """The app with the command that is asked for alone: to build the others takes a twentieth of a second."""
    small = copy.copy(app)
    small.registered_commands = [each for each in app.registered_commands if each.name in asked]
    small.registered_groups = [each for each in app.registered_groups if each.name in asked]
    return small if small.registered_commands or small.registered_groups else app


def main() -> None:
    """Run a command; an error that was written for the user is one sentence and its own exit status.

    That is 1, or 64 where settings or data are wrong and the same command would fail again. Arguments that
    no command takes are told by typer, with exit status 2. Anything else is a defect and keeps its traceback.
    """
    # A command is over in a moment: nothing looks for pydantic's plugins, or for garbage at the end.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    atexit.register(gc.freeze)
    # As Ctrl-C does: the processes of a command end with it, and its folders of private data go.
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    try:
        _with_only(sys.argv[1:2])()
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
