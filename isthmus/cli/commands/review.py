"""``isthmus review``: what a stack costs, and what a change of it does, with no cloud credentials."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

if TYPE_CHECKING:
    from collections.abc import Iterable

    from infra.review.finding import Finding
    from infra.review.preview import Preview
    from infra.settings import Settings
    from isthmus.cli.two_sides import Sides

LOCAL = "local"


class Files(NamedTuple):
    """What is written of a verdict, each where it is asked for."""

    markdown: Path | None
    html: Path | None
    sarif: Path | None


def review(
    stack: Annotated[
        str | None,
        typer.Argument(help="A stack of stacks/; local where none is named.", show_default=False),
    ] = None,
    named: Annotated[
        str | None,
        typer.Option("--stack", help="The same, as an option.", show_default=False),
    ] = None,
    preview: Annotated[
        Path | None,
        typer.Option(
            help="Judge this output of `pulumi preview --json --show-sames`, of any program.",
            show_default=False,
        ),
    ] = None,
    against: Annotated[
        str | None,
        typer.Option(
            help="Judge the change against this: a revision of the repository, another preview's file, or "
            "`state` for what --preview says stands.",
            show_default=False,
        ),
    ] = None,
    every_line: Annotated[bool, typer.Option("--lines", help="Show every line of the bill.")] = False,
    all_priced: Annotated[
        bool, typer.Option("--all-priced", help="Refuse what has a part without a known price.")
    ] = False,
    capacity: Annotated[
        Path | None,
        typer.Option(
            help="What `python -m serving.bench` printed of the release that is served: with it, what a "
            "thousand recommendations cost at that capacity.",
            show_default=False,
        ),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the whole bill, or the whole verdict, as JSON.")
    ] = False,
    markdown: Annotated[
        Path | None,
        typer.Option(help="Write the comment for a pull request here, as Markdown.", show_default=False),
    ] = None,
    html: Annotated[
        Path | None,
        typer.Option(
            help="Write a page here that shows the estate before and after; it needs nothing else.",
            show_default=False,
        ),
    ] = None,
    sarif: Annotated[
        Path | None,
        typer.Option(help="Write what the policy finds here, as SARIF 2.1.0.", show_default=False),
    ] = None,
) -> None:
    """Reckon what a stack costs a month; with --against, judge what a change does, breaks and costs.

    The stack is previewed through the rehearsal's engine and plugins, or --preview names a preview that is
    there. Exit status 1: refused, as over a budget or by policy (or, with --all-priced, something has no
    price); 2: no verdict.

    Example:  isthmus review --stack prod --against main
    """
    from infra.review.errors import CannotJudge

    if named is not None:
        if stack not in (None, named):
            raise CannotJudge(f"{stack} and --stack {named} are two stacks: name one")
        stack = named
    files = Files(markdown, html, sarif)
    if against is not None or any((markdown, html, sarif)):
        if capacity is not None:
            raise CannotJudge(
                "--capacity is about what a stack costs, and not about a change: leave --against"
            )
        _judge(stack, preview, against, files, all_priced=all_priced, as_json=as_json)
        return
    from infra.review.cost.capacity import read_capacity
    from infra.review.cost.report import cost
    from infra.review.errors import OVER
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
            capacity=None if capacity is None else read_capacity(capacity, _served(settings)),
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


def _served(settings: Settings | None) -> str | None:
    """The release that a stack pins."""
    return settings.serving.release if settings is not None else None


def _judge(
    stack: str | None,
    file: Path | None,
    against: str | None,
    files: Files,
    *,
    all_priced: bool,
    as_json: bool,
) -> None:
    """The verdict on a change, as it was asked to be shown."""
    from infra.policy.sarif import text
    from infra.review import show
    from infra.review.errors import OVER, CannotJudge
    from infra.review.verdict import verdict
    from infra.settings.budget import BudgetSettings
    from infra.settings.cost import CostSettings
    from isthmus.cli.console import print_json
    from isthmus.cli.verdict_tables import show_verdict
    from isthmus.errors import IsthmusError

    try:
        settings = _settings(stack or LOCAL) if stack or file is None else None
        sides = _sides(stack or LOCAL, file, against)
        judged = verdict(
            sides.before,
            sides.after,
            sides.changes,
            against=sides.against,
            cost_settings=settings.cost if settings else CostSettings(),
            budget=settings.budget if settings else BudgetSettings(),
            written=sides.written,
            findings=_findings(sides, settings, alone=against is not None),
            all_priced=all_priced,
        )
        if files.markdown is not None:
            show.write(files.markdown, show.markdown(judged))
        if files.html is not None:
            show.write(files.html, show.page(judged))
        if files.sarif is not None:
            show.write(files.sarif, text(judged.findings))
    except CannotJudge:
        raise
    except IsthmusError as error:
        raise CannotJudge(str(error)) from error
    except RecursionError:
        raise CannotJudge(
            "the preview is nested deeper than it can be read; give the output of `pulumi preview --json "
            "--show-sames`"
        ) from None
    if as_json:
        print_json(show.plain(judged))
    else:
        show_verdict(judged)
    if judged.outcome != "good":
        raise typer.Exit(OVER)


def _findings(sides: Sides, settings: Settings | None, *, alone: bool) -> Iterable[Finding]:
    """What the policy holds against one side, or what the change alone is refused for."""
    from infra.policy.findings import findings
    from infra.review.finding import new_alone

    exceptions = settings.policy.exceptions if settings else ()
    found = findings(sides.after, exceptions)
    if not alone:
        return found
    return new_alone(
        found, findings(sides.before, exceptions if sides.exceptions is None else sides.exceptions)
    )


def _sides(stack: str, file: Path | None, against: str | None) -> Sides:
    from infra.review.errors import CannotJudge
    from isthmus.cli.two_sides import STATE, of_files, of_one, of_revision

    if against in (None, STATE):
        return of_one(_read(stack, file))
    if file is not None:
        return of_files(_read(stack, file), Path(against))
    if Path(against).is_file():
        raise CannotJudge(
            f"--against {against} is a file, which is held against another one: give --preview too, or a "
            "revision of the repository"
        )
    return of_revision(stack, against)


def _settings(stack: str) -> Settings:
    from isthmus.cli.two_sides import settings_of

    return settings_of(stack)


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
    done = estate.engine.preview(stack, config_file=config, arguments=("--json", "--show-sames"))
    return read(done.stdout, f"the preview of {stack}")
