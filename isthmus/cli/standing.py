"""What stands of a stack, as far as this machine can tell: the rehearsal's own, or what somebody wrote
down.
"""

from __future__ import annotations

import json
from pathlib import Path

from infra.settings.changes.beforehand import OUTPUT, Standing


def known(stack: str, file: Path | None) -> Standing:
    """What stands, by the outputs in a file or, for the stack ``local``, in the rehearsal; else nothing.

    Raises:
        CommandError: the file holds no outputs of a stack.
    """
    from isthmus.cli.errors import CommandError
    from rehearsal import stack_copy
    from rehearsal.estate import Estate
    from rehearsal.home import NoProject

    if file is not None:
        try:
            outputs = json.loads(file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            outputs = None
        if not isinstance(outputs, dict) or OUTPUT not in outputs:
            raise CommandError(
                f"{file} holds no output {OUTPUT!r}; write it by `pulumi stack output --json -s {stack}`"
            )
        return Standing.of(outputs[OUTPUT])
    if stack != stack_copy.STACK:
        return Standing()
    try:
        return stack_copy.standing(Estate.find().home)
    except NoProject:
        return Standing()


__all__ = ["known"]
