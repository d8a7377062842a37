"""Where settings come from: the engine (``load``) or a file (``read``)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from infra.settings.checking import check
from infra.settings.model import Settings
from infra.settings.stack_file import read_stack_file
from isthmus.settings.errors import SettingsError

STACKS = "stacks"
PREFIX, SUFFIX = "Pulumi.", ".yaml"


def stack_of(path: Path) -> str:
    """The stack that a file is of: ``prod`` for ``Pulumi.prod.yaml``."""
    return path.name.removesuffix(SUFFIX).removeprefix(PREFIX)


def read(path: Path, stack: str | None = None) -> Settings:
    """Read and check a stack file without the engine; ``secure:`` values stay closed.

    A setting that is encrypted takes its default, so that a review can go on without the key.

    Args:
        path: the stack file.
        stack: the stack's name, where the file's name does not say it.

    Raises:
        SettingsError: something is wrong; it lists everything that is.
    """
    try:
        name = str(path.resolve().relative_to(Path.cwd()))
    except ValueError:
        name = str(path)
    content = read_stack_file(path, name)
    config = {key: _value(value) for key, value in content.config.items()}
    return check(name, stack or stack_of(path), config, written=content.written)


def _engine_config() -> tuple[dict[str, str], list[str]]:
    """All keys that the engine handed to this program, and which of them were encrypted."""
    from pulumi.runtime import config

    keys = dict(config.CONFIG.get()) or config.get_config_env()
    secret = [key for key in keys if config.is_config_secret(key)]
    return keys, secret or config.get_config_secret_keys_env()


def _value(text: Any) -> Any:
    """A key's value: mappings and lists come as JSON, everything else as text."""
    if isinstance(text, str) and text[:1] in "{[":
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            return text
    return text


def load() -> Settings:
    """Read and check the settings of the stack that the engine runs; call it before any resource.

    Raises:
        pulumi.RunError: something is wrong; the engine shows its sentences without a traceback.
    """
    import pulumi

    stack = pulumi.get_stack()
    keys, secret = _engine_config()
    config = {key: _value(text) for key, text in keys.items()}
    try:
        return check(f"{STACKS}/{PREFIX}{stack}{SUFFIX}", stack, config, secret)
    except SettingsError as error:
        raise pulumi.RunError(str(error)) from None
