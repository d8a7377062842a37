"""``isthmus destroy``: the end of a stack's estate, clouds and all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from infra.teardown.teardown import Plan


def destroy(
    stack: Annotated[str, typer.Argument(help="A stack of stacks/: local, dev, staging or prod.")],
    yes_destroy: Annotated[
        str,
        typer.Option(
            "--yes-destroy", metavar="NAME", help="The stack's name once more, in place of a prompt."
        ),
    ] = "",
) -> None:
    """Take an estate down in the order in which its clouds let go of it, what no state knows included.

    First the clusters with all that runs in them; then load balancers, nodes, volumes and interfaces that
    their controllers made, found by their tags; then everything else, networks last. What is protected is
    unprotected then, and only then. A bucket that keeps its objects stops it before anything is touched.
    Whatever stops it on its way, the same command goes on.

    Example:  isthmus destroy staging
    """
    from infra.doctor.clouds import NoCredentials
    from infra.teardown.teardown import plan, tear_down
    from isthmus.cli.console import out
    from isthmus.cli.errors import CommandError
    from isthmus.cli.stack_doctor import clouds_of
    from isthmus.cli.stack_engine import engine_of

    clouds = clouds_of(stack)
    for site in ("aws", "openstack"):
        try:
            clouds.sign_in(site)
        except NoCredentials as none:
            raise CommandError(f"{none}; without both clouds nobody could see what is left in them") from None
    engine = engine_of(stack)
    found = plan(engine, clouds, stack)
    if not found.resources:
        out.print(f"{stack}: nothing stands.")
        return
    _show(found)
    _agreed(stack, yes_destroy)
    tear_down(engine, clouds, found, lambda line: out.print(line))
    out.print(f"{stack}: gone. Its state is empty; `pulumi stack rm {stack}` forgets it.")


def _show(plan: Plan) -> None:
    from rich.markup import escape

    from isthmus.cli.console import out

    out.print(f"{plan.stack}: {plan.resources} resources would go, and with them whatever they hold.")
    if plan.protected:
        out.print(f"Protected until now: {escape(', '.join(plan.protected))}.")
    for one in plan.leftovers:
        out.print(f"In no state, made by a cluster: {escape(str(one))}.")


def _agreed(stack: str, name: str) -> None:
    """Have a person write the stack's name. Raises CommandError where it is another, or nobody is there."""
    import sys

    from isthmus.cli.errors import CommandError

    if not name and sys.stdin.isatty():
        name = typer.prompt(
            f"Write the name of the stack to destroy it ({stack})", default="", show_default=False
        )
    if name != stack:
        raise CommandError(
            f"{stack} stays as it is: write its name at the prompt, or as --yes-destroy {stack}"
            + (f"; {name!r} is another" if name else "")
        )
