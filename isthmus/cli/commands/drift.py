"""``isthmus drift``: what of a stack stands otherwise than its state says."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from infra.review.drift.drift import Drift, Mover
    from infra.review.preview import Preview

MOVED = 1
"""Exit status where something moved that is more than a tag."""


def drift(
    stack: Annotated[str, typer.Argument(help="A stack of stacks/.")] = "local",
    refreshed: Annotated[
        Path | None,
        typer.Option(
            "--from",
            help="The output of `pulumi refresh --preview-only --json`, where that was run already.",
            show_default=False,
        ),
    ] = None,
    who: Annotated[
        bool, typer.Option("--who", help="Ask AWS CloudTrail who moved it, with credentials.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print all of it as JSON.")] = False,
    markdown: Annotated[
        Path | None, typer.Option(help="Write the body of an issue here.", show_default=False)
    ] = None,
) -> None:
    """Ask the clouds what stands, and sort what moved past the program: data, security, cost, harmless.

    The stack local asks the rehearsal's stand-ins; any other runs the `pulumi` on PATH, with the credentials
    that it finds. Nothing is changed. Exit status 1: something moved that is more than a tag; 2: no verdict.
    Whether a release still fits the newest orders says `isthmus release drift`.

    Example:  isthmus drift prod --from refresh.json
    """
    from infra.review import show
    from infra.review.drift.show import headline, plain
    from infra.review.drift.show import markdown as told
    from infra.review.errors import CannotJudge
    from isthmus.cli.console import out, print_json
    from isthmus.errors import IsthmusError

    try:
        found = _drift(stack, refreshed, who=who)
        if markdown is not None:
            show.write(markdown, told(found))
    except CannotJudge:
        raise
    except IsthmusError as error:
        raise CannotJudge(str(error)) from error
    if as_json:
        print_json(plain(found))
    else:
        from isthmus.cli.drift_table import show_drift

        show_drift(found)
        out.print(f"{stack}: {headline(found)}", markup=False)
    if found.matters:
        raise typer.Exit(MOVED)


def _drift(stack: str, file: Path | None, *, who: bool) -> Drift:
    from infra.policy.findings import findings
    from infra.review.drift.drift import drift as sort
    from infra.review.finding import new_alone
    from infra.review.preview import Preview
    from isthmus.cli.two_sides import settings_of

    settings = settings_of(stack)
    refresh = _refresh(stack, file)
    before, after = (
        findings(Preview(refresh.stack, {}, side, refresh.config), settings.policy.exceptions)
        for side in (refresh.before, refresh.after)
    )
    breaks = [each for each in new_alone(after, before) if each.refuses]
    found = sort(refresh, settings.cost, breaks)
    return sort(refresh, settings.cost, breaks, _movers(found, refresh)) if who else found


def _refresh(stack: str, file: Path | None) -> Preview:
    from infra.review.preview import read, read_file
    from isthmus.cli.refreshed import cloud, rehearsed

    if file is not None:
        return read_file(file)
    return read(rehearsed() if stack == "local" else cloud(stack), f"the refresh of {stack}")


def _movers(found: Drift, refresh: Preview) -> Mapping[str, Mover]:
    import boto3

    from infra.review.cost.context import REGION_KEY
    from infra.review.drift.movers import movers

    region = next(
        (
            region
            for each in refresh.before.values()
            if each.type == "pulumi:providers:aws" and isinstance(region := each.inputs.get("region"), str)
        ),
        refresh.config.get(REGION_KEY),
    )
    trail = boto3.client("cloudtrail", region_name=region)
    return movers(trail, [each.change.resource for each in found.moved])
