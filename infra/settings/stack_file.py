"""Read a stack file as the engine reads it: YAML 1.2 scalars, no key twice, ``secure:`` left closed."""

from __future__ import annotations

import re
from collections.abc import Hashable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from infra.settings.errors import Problem, SettingsError
from infra.settings.secrets_provider import KEY, secrets_provider

TOP_LEVEL = ("secretsprovider", "encryptedkey", "encryptionsalt", "environment", "config")
"""What the engine itself keeps in a stack file (pulumi/pulumi, sdk/go/common/workspace, ProjectStack)."""


class _Loader(yaml.SafeLoader):
    """Scalars as the engine's YAML 1.2 reads them (``yes`` is a text), days as texts, no key twice."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012 - PyYAML's own

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: dict[Any, int] = {}
        for key_node, _ in node.value:
            if key_node.tag == "tag:yaml.org,2002:merge":
                continue
            key = self.construct_object(key_node, deep=True)
            line = key_node.start_mark.line + 1
            if not isinstance(key, str):
                raise yaml.constructor.ConstructorError(
                    problem=f"the key {key} is not a text: write it in quotes",
                    problem_mark=key_node.start_mark,
                )
            if key in seen:
                raise yaml.constructor.ConstructorError(
                    problem=f"the key {key} stands here and in line {seen[key]}: keep one of them",
                    problem_mark=key_node.start_mark,
                )
            seen[key] = line
        return super().construct_mapping(node, deep=deep)


for _tag, _pattern, _starts in (
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("int", r"[-+]?[0-9][0-9_]*|0x[0-9a-fA-F]+", "-+0123456789"),
    (
        "float",
        r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)",
        "-+.0123456789",
    ),
    ("merge", r"<<", "<"),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(f"^(?:{_pattern})$"), list(_starts))


def _integer(_loader: _Loader, node: yaml.ScalarNode) -> int:
    # 010 is ten to the engine, and eight to YAML 1.1.
    text = node.value.replace("_", "")
    return int(text, 16) if text.startswith("0x") else int(text)


_Loader.add_constructor("tag:yaml.org,2002:int", _integer)


@dataclass(frozen=True)
class StackFile:
    """The content of a stack file."""

    config: dict[str, Any]
    """Keys with their namespace (``isthmus:aws``) and their values; a ``secure:`` value stays as it is."""


def _where(error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    said = getattr(error, "problem", None) or "cannot be read"
    if "found character '\\t'" in said:
        said = "there is a tab; YAML is indented by spaces only, so write spaces"
    elif not isinstance(error, yaml.constructor.ConstructorError):
        said = f"this is no YAML ({said}); mend the line or the one before it"
    return f"line {mark.line + 1}, column {mark.column + 1}: {said}" if mark else said


def read_stack_file(path: Path, name: str) -> StackFile:
    """Read a stack file.

    Args:
        path: the file.
        name: what errors call it.

    Raises:
        SettingsError: the file is missing, no YAML, or not shaped like a stack file.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise SettingsError(
            name, [Problem("", "is not there; `isthmus settings check` without a name lists the stacks")]
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(name, [Problem("", f"is no readable UTF-8 text ({error}); mend it")]) from None
    try:
        data = yaml.load(text, Loader=_Loader)  # noqa: S506 - a SafeLoader with stricter rules
    except yaml.YAMLError as error:
        raise SettingsError(name, [Problem("", _where(error))]) from None
    if data is None:
        data = {}
    if not isinstance(data, dict):
        raise SettingsError(name, [Problem("", "is no mapping; a stack file has the key config at the top")])
    found = [
        Problem(
            str(key),
            "is not a key of a stack file: settings go under config, which stands beside "
            f"{', '.join(TOP_LEVEL[:-1])}",
        )
        for key in data
        if key not in TOP_LEVEL
    ]
    found += secrets_provider(data.get(KEY))
    config = data.get("config")
    if config is None:
        config = {}
    if not isinstance(config, dict):
        found.append(Problem("config", "is no mapping; allowed are keys such as isthmus:aws, a mapping each"))
    if found:
        raise SettingsError(name, found)
    return StackFile(config=config)
