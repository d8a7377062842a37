"""``isthmus preview``: what a stack would change, with no cloud credentials."""

from __future__ import annotations

from typing import Annotated

import typer


def preview(
    stack: Annotated[str, typer.Argument(help="A stack of stacks/: local, dev, staging or prod.")] = "local",
    diff: Annotated[bool, typer.Option("--diff", help="Show every property that changes.")] = False,
) -> None:
    """Preview a stack through the rehearsal's engine and plugins, without any credentials.

    A cloud's stack is read from a copy whose secrets are placeholders; what the stack would create is
    compared with nothing, since the rehearsal holds no state of a cloud.

    Example:  isthmus preview prod
    """
    from cli.console import err, out
    from rehearsal.engine.derived import derive
    from rehearsal.estate import Estate
    from rehearsal.stack_copy import STACK

    estate = Estate.find(lambda line: err.print(line, style="yellow"))
    estate.equip()
    config_file = None
    if stack != STACK:
        derived = derive(estate.home, estate.project_dir, stack)
        err.print(str(derived), style="dim")
        config_file = derived.path
    result = estate.engine.preview(
        stack, config_file=config_file, arguments=("--diff",) if diff else (), on_line=print
    )
    out.print(f"{stack}: {result.resources} resources previewed, {result}")
