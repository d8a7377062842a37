"""A stack file for the settings: read by the one reader, refused in the settings' words."""

from __future__ import annotations

from pathlib import Path

from infra.settings.secrets_provider import KEY, secrets_provider
from isthmus.settings.errors import Problem, SettingsError
from isthmus.settings.fields import dotted
from isthmus.stack_files import StackFile, StackFileError, read

PREFIX = "isthmus:"


def read_stack_file(path: Path, name: str) -> StackFile:
    """Read a stack file.

    Args:
        path: the file.
        name: what errors call it.

    Raises:
        SettingsError: the file is missing, no YAML, not shaped like a stack file, or ambiguous.
    """
    try:
        content = read(path)
    except FileNotFoundError:
        raise SettingsError(
            name, [Problem("", "is not there; `isthmus settings check` without a name lists the stacks")]
        ) from None
    except StackFileError as error:
        problems = [
            Problem(dotted(refusal.path).removeprefix(PREFIX), refusal.text) for refusal in error.refusals
        ]
        raise SettingsError(name, problems) from None
    if found := list(secrets_provider(content.rest.get(KEY))):
        raise SettingsError(name, found)
    return content
