"""``isthmus recover``: what a killed engine left open, brought to an end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from infra.recovery.pending import Pending


def recover(
    stack: Annotated[str, typer.Argument(help="A stack of stacks/: local, dev, staging or prod.")],
    found: Annotated[
        list[str] | None,
        typer.Option("--found", metavar="NAME=ID", help="The cloud has what was being made as NAME, as ID."),
    ] = None,
    absent: Annotated[
        list[str] | None,
        typer.Option("--absent", metavar="NAME", help="The cloud does not have what was being made as NAME."),
    ] = None,
) -> None:
    """Look up what a killed `pulumi up` was making, take in what is there, drop what is not.

    The state of a cloud's stack is read and written by the pulumi on PATH, in its backend and with the
    credentials of this shell, as an up would. Nothing is made, changed or deleted in a cloud.

    Example:  isthmus recover prod
    """
    from isthmus.cli.console import out
    from rehearsal.estate import Estate
    from rehearsal.home import project_root
    from rehearsal.recovery import recover as recover_rehearsed
    from rehearsal.stack_copy import STACK

    told = _told(found or [], absent or [])

    def look(one: Pending) -> list[str] | None:
        return told.get(one.name, told.get(one.urn))

    def say(line: str) -> None:
        out.print(line)

    if stack == STACK:
        estate = Estate.find(say)
        estate.install()
        engine = estate.engine
        count = 0
        if stack in engine.stacks():
            estate.resume()
            engine.free(stack)
            count = recover_rehearsed(engine, stack, estate.stack_file(), look)
    else:
        from infra.recovery.pulumi_on_path import PulumiOnPath
        from infra.recovery.recover import recover as bring_to_an_end

        count = bring_to_an_end(PulumiOnPath(project_root()), stack, say, look)
    ended = "nothing was left open" if count == 0 else f"{count} operations brought to an end"
    out.print(f"{stack}: {ended}")


def _told(found: list[str], absent: list[str]) -> dict[str, list[str]]:
    """What a person saw, by name or URN."""
    from isthmus.cli.errors import CommandError

    told: dict[str, list[str]] = {name: [] for name in absent}
    for each in found:
        name, equals, id = each.rpartition("=")
        if not (name and equals and id):
            raise CommandError(f"--found is {each!r}, and takes NAME=ID, such as link-1=5f0c2b1e")
        told[name] = [id]
    return told
