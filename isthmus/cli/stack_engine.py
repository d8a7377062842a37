"""The engine of a stack: that of the rehearsal for local, the pulumi on PATH for a cloud's."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from infra.teardown.teardown import Engine


def engine_of(stack: str) -> Engine:
    """The engine, ready to work on the stack's state."""
    from infra.recovery.pulumi_on_path import PulumiOnPath
    from isthmus.cli.console import out
    from rehearsal.estate import Estate
    from rehearsal.home import project_root
    from rehearsal.stack_copy import STACK
    from rehearsal.teardown import RehearsedEngine

    if stack != STACK:
        return PulumiOnPath(project_root())
    estate = Estate.find(lambda line: out.print(line, style="yellow"))
    estate.install()
    estate.resume()
    return RehearsedEngine(estate)


__all__ = ["engine_of"]
