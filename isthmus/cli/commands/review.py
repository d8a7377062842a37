"""``isthmus review``: what a stack costs a month on both clouds, with no cloud credentials."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from infra.review.preview import Preview
    from infra.settings import Settings

LOCAL = "local"


def review(
    stack: Annotated[
        str | None,
        typer.Argument(help="A stack of stacks/; local where none is named.", show_default=False),
    ] = None,
    preview: Annotated[
        Path | None,
        typer.Option(
            help="Judge this output of `pulumi preview --json`, of any program.",
            show_default=False,
        ),
    ] = None,
    every_line: Annotated[bool, typer.Option("--lines", help="Show every line of the bill.")] = False,
    all_priced: Annotated[
        bool, typer.Option("--all-priced", help="Refuse what has a part without a known price.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the whole bill as JSON.")] = False,
) -> None:
    """Reckon what a stack costs a month, at least, likely and at most, and hold it against its budget.

    The stack is previewed through the rehearsal's engine and plugins, or --preview names a preview that is
    there. Exit status 1: over the budget (or, with --all-priced, something has no price); 2: no verdict.

    Example:  isthmus review prod --lines
    """
    from infra.review.cost.report import cost
    from infra.review.errors import OVER, CannotJudge
    from infra.settings.budget import BudgetSettings
    from infra.settings.cost import CostSettings
    from isthmus.cli.bill_tables import show
    from isthmus.cli.console import print_json
    from isthmus.errors import IsthmusError

    try:
        # A stranger's preview is judged by the settings of a stack only where one is named.
        settings = _settings(stack or LOCAL) if stack or preview is None else None
        found = _read(stack or LOCAL, preview)
        judged = cost(
            found,
            settings.cost if settings else CostSettings(),
            settings.budget if settings else BudgetSettings(),
            all_priced=all_priced,
        )
    except CannotJudge:
        raise
    except IsthmusError as error:
        raise CannotJudge(str(error)) from error
    if as_json:
        print_json(judged.plain())
    else:
        show(judged, every_line=every_line)
    if judged.verdict != "good":
        raise typer.Exit(OVER)


def _settings(stack: str) -> Settings:
    from infra.settings import read
    from rehearsal.home import project_root

    return read(project_root() / "stacks" / f"Pulumi.{stack}.yaml", stack)


def _read(stack: str, file: Path | None) -> Preview:
    """The preview that is named, or one by the rehearsal's engine."""
    from infra.review.preview import read, read_file
    from isthmus.cli.console import err
    from isthmus.cli.previewed_stack import config_file
    from rehearsal.estate import Estate

    if file is not None:
        return read_file(file)
    estate = Estate.find(lambda line: err.print(line, style="yellow"))
    config = config_file(estate, stack)
    done = estate.engine.preview(stack, config_file=config, arguments=("--json",))
    return read(done.stdout, f"the preview of {stack}")
