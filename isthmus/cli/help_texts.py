"""Help of the commands, in paragraphs that wrap at any width."""

from __future__ import annotations

import inspect
import re

import typer


def let_wrap(app: typer.Typer) -> None:
    """Give every command below ``app`` its docstring as help, a paragraph a line.

    typer breaks each paragraph but the first where the source breaks it, which leaves ragged lines on a
    terminal of any other width.
    """
    for command in app.registered_commands:
        if command.callback is not None:
            text = command.help or inspect.getdoc(command.callback) or ""
            command.help = "\n\n".join(" ".join(part.split()) for part in re.split(r"\n\s*\n", text))
    for group in app.registered_groups:
        if group.typer_instance is not None:
            let_wrap(group.typer_instance)
