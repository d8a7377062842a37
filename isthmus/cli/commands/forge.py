"""``isthmus forge``: what a workflow writes on GitHub or GitLab."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    name="forge",
    help="Write a review's comment or a drift's issue on GitHub or GitLab, in place of the one before.",
    no_args_is_help=True,
)
File = Annotated[
    Path, typer.Option(help="What `isthmus review --markdown` or `isthmus drift --markdown` wrote.")
]


@app.command()
def comment(
    file: File,
    pull_request: Annotated[int | None, typer.Option(min=1, help="Its number.", show_default=False)] = None,
    head: Annotated[
        str | None,
        typer.Option(
            help="OWNER:BRANCH@COMMIT in place of a number, where a run for a fork does not tell it.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Write the comment of a pull request, or the one that was written before anew.

    Example:  isthmus forge comment --pull-request 12 --file review/prod.md
    """
    from isthmus.cli.console import out
    from isthmus.forge.errors import ForgeError
    from isthmus.forge.of_environment import of_environment
    from isthmus.forge.upkeep import comment as write

    if (pull_request is None) == (head is None):
        raise ForgeError("name the pull request: either --pull-request NUMBER or --head OWNER:BRANCH@COMMIT")
    forge = of_environment()
    if pull_request is None:
        owner, _, rest = (head or "").partition(":")
        branch, _, commit = rest.rpartition("@")
        if not (owner and branch and commit):
            raise ForgeError(f"--head {head!r} is no OWNER:BRANCH@COMMIT")
        pull_request = forge.pull_request(owner, branch, commit)
        if pull_request is None:
            out.print("The branch has moved on or its pull request is closed; nothing is written.")
            return
    out.print(f"Comment on {pull_request}: {write(forge, pull_request, file)}.")


@app.command()
def issue(
    file: File,
    title: Annotated[str, typer.Option(help="Of the issue.")],
    over: Annotated[
        bool, typer.Option("--over", help="Nothing is wrong any more: close the open one.")
    ] = False,
) -> None:
    """Open an issue, write the open one of its kind anew, or close it.

    Example:  isthmus forge issue --title "prod has drifted" --file drift/prod.md
    """
    from isthmus.cli.console import out
    from isthmus.forge.of_environment import of_environment
    from isthmus.forge.upkeep import issue as write

    out.print(f"Issue: {write(of_environment(), title, file, over=over)}.")
