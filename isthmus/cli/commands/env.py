"""``isthmus env``: a shell inside the rehearsal, and out of it again."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Annotated

import typer

_SAVED = "_isthmus_outer"


def env(
    unset: Annotated[
        bool, typer.Option("--unset", help="Print what puts the shell back as it was before.")
    ] = False,
) -> None:
    """Print what puts a shell into the rehearsal, so that plain pulumi and aws work there.

    It sets the rehearsal's endpoint, region, releases bucket and throw-away credentials, TRITON_URL and
    TRITON_PSEUDONYM_KEY for applications, and PATH; what could
    lead to a real account is unset until --unset. Every stack of stacks/ can be previewed there by plain
    pulumi, from a copy: no command in such a shell writes into stacks/.

    Example:  eval "$(isthmus env)" && pulumi preview -s prod

    Example:  eval "$(isthmus env --unset)"
    """
    import sys

    from isthmus.cli.console import err

    try:
        lines = _out() if unset else _in()
    except BaseException:
        # `eval "$(isthmus env)" && pulumi up` must not go on outside of the rehearsal.
        print("false")
        raise
    print("\n".join(lines))
    if sys.stdout.isatty():
        option = " --unset" if unset else ""
        err.print(f'This prints shell commands; use it as:  eval "$(isthmus env{option})"', style="dim")


def _in() -> list[str]:
    import os

    from isthmus.cli.console import err
    from rehearsal import shell
    from rehearsal.estate import Estate, EstateError

    estate = Estate.find(lambda line: err.print(line, style="dim"), entering=True)
    estate.install()
    estate.seed_orders()
    estate.resume()
    shell.install(estate.home)
    shell.have_stacks(estate.engine)
    try:
        bucket = estate.releases_bucket()
    except EstateError:
        bucket = ""
        err.print("The estate is not up, so there is no releases bucket: run `isthmus up`.", style="yellow")
    variables = shell.variables(estate.home, estate.project_dir, estate.settings, bucket, estate.triton())
    path = shell.with_programs(estate.home, os.environ.get("PATH", os.defpath))
    return _entering(variables, path, shell.leads_out(os.environ) - set(variables), os.environ)


def _out() -> list[str]:
    import os

    from rehearsal import shell

    path = shell.without_programs(os.environ.get("PATH", os.defpath))
    return _leaving(shell.NAMES, path)


def _entering(
    variables: Mapping[str, str],
    path: str,
    taken_away: Collection[str],
    outer: Mapping[str, str],
) -> list[str]:
    """Commands for any POSIX shell; what the outer shell had is kept in variables that it does not export."""
    import shlex

    from rehearsal.home import INSIDE

    lines = []
    if INSIDE not in outer:
        saved = sorted(name for name in {*variables, *taken_away} if name in outer)
        # Not the values themselves: they may be secrets, and this may be printed.
        lines += [f'{_SAVED}_{name}="${name}"' for name in saved]
        back = "; ".join(f'export {name}="${_SAVED}_{name}"; unset {_SAVED}_{name}' for name in saved)
        lines.append(f"{_SAVED}={shlex.quote(back)}")
    lines += [f"unset {name}" for name in sorted(taken_away)]
    lines += [f"export {name}={shlex.quote(value)}" for name, value in variables.items()]
    return [*lines, f"export PATH={shlex.quote(path)}"]


def _leaving(names: Collection[str], path: str) -> list[str]:
    import shlex

    return [
        f"unset {' '.join(sorted(names))}",
        f'eval "${{{_SAVED}-}}"',
        f"unset {_SAVED}",
        f"export PATH={shlex.quote(path)}",
    ]
