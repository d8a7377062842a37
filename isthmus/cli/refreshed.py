"""What the clouds answer for a stack: a refresh that is only previewed."""

from __future__ import annotations

import shutil
import subprocess

from isthmus.errors import IsthmusError

COMMAND = ("refresh", "--preview-only", "--json", "--non-interactive")


class NoRefresh(IsthmusError):
    """The engine could not ask the clouds; the message says why."""


def rehearsed() -> str:
    """By the rehearsal's engine and stand-ins, of the stack local. Raises NoRefresh, EngineError."""
    from isthmus.cli.console import err
    from rehearsal.estate import Estate

    estate = Estate.find(lambda line: err.print(line, style="yellow"))
    estate.install()
    if "local" not in estate.engine.stacks():
        raise NoRefresh("no stack local stands here: `isthmus rehearse` or `isthmus up` brings it up")
    estate.resume()
    return estate.engine.drifted("local", estate.stack_file())


def cloud(stack: str) -> str:
    """By the `pulumi` on PATH, with the credentials that it finds. Raises NoRefresh."""
    from rehearsal.home import project_root

    if shutil.which("pulumi") is None:
        raise NoRefresh(
            "pulumi is not on PATH: install it, or give --from with the output of "
            "`pulumi refresh --preview-only --json`"
        )
    done = subprocess.run(
        ["pulumi", *COMMAND, "--stack", stack],
        cwd=project_root(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        last = (done.stderr.strip() or done.stdout.strip() or f"exit status {done.returncode}").splitlines()[
            -1
        ]
        raise NoRefresh(f"pulumi could not refresh {stack}: {last}")
    return done.stdout
