"""``isthmus env``: a shell inside the rehearsal."""

from __future__ import annotations


def env() -> None:
    """Print what puts a shell into the rehearsal, so that plain [bold]pulumi[/] works there.

    The rehearsal has a PULUMI_HOME, a backend and throw-away credentials of its own, so nothing that runs
    in such a shell can reach a cloud.

    Example:  eval "$(isthmus env)" && pulumi preview -s local
    """
    import shlex
    import sys

    from cli.console import err
    from rehearsal.estate import STACK, Estate

    estate = Estate.find(lambda line: err.print(line, style="dim"))
    estate.equip()
    estate.furnish()
    estate.engine.stack_select_or_init(STACK)
    for name, value in estate.home.variables().items():
        print(f"export {name}={shlex.quote(value)}")
    print(f'export PATH={shlex.quote(str(estate.home.bin))}:"$PATH"')
    print("unset PULUMI_ACCESS_TOKEN AWS_PROFILE AWS_SESSION_TOKEN KUBECONFIG OS_CLOUD")
    if sys.stdout.isatty():
        err.print('This prints shell commands; use it as:  eval "$(isthmus env)"', style="dim")
