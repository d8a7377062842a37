"""The link with real programs: a tunnel cut, a server killed, an option that the two sides do not share."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from rehearsal.drills.drill import Drill, DrillFailed
from rehearsal.drills.link import debian
from rehearsal.drills.link.allowed import why_not
from rehearsal.drills.link.namespaces import INSIDE
from rehearsal.estate import Estate
from rehearsal.programs.progress import Progress
from rehearsal.programs.with_parent import with_parent
from rehearsal.stack_copy import STACK, source

_END_SECONDS = 10.0


def play(estate: Estate, rounds: int, say: Callable[[str], None]) -> str:
    """Play it in namespaces of its own, from the section ``link`` of the stack file alone."""
    if reason := why_not():
        return f"not played: {reason}"
    with Progress() as progress:
        root = debian.provide(progress)
    program: list[str | Path] = [sys.executable, "-m", "rehearsal.drills.link.world",
               source(estate.project_dir), STACK, root, str(rounds)]  # fmt: skip
    with subprocess.Popen(
        with_parent([*INSIDE, *program]), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as world:
        assert world.stdin is not None  # noqa: S101
        assert world.stdout is not None  # noqa: S101
        try:
            for line in world.stdout:
                told = json.loads(line)
                if "say" in told:
                    say(told["say"])
                elif "failed" in told:
                    raise DrillFailed(told["failed"])
                else:
                    return str(told["seen"])
        finally:
            # Its first process then ends, and the one that made the namespaces once all of them are gone.
            world.stdin.close()
            try:
                world.wait(_END_SECONDS)
            except subprocess.TimeoutExpired:
                world.kill()
    raise DrillFailed("the drill's own processes ended without a word")


DRILL = Drill(
    name="link",
    expects="four real tunnels carry; a tunnel or a server lost is over in 10 s; another option is named",
    play=play,
    short=0,
    long=2,
    bare=True,
)
