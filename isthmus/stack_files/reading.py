"""From nodes to what the program gets."""

from __future__ import annotations

import json
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path as File
from typing import Any, Final

from isthmus.stack_files.nodes import Alias, Items, Node, Pairs, Text, compose, decode
from isthmus.stack_files.refusal import Path, Refusal, StackFileError, shown
from isthmus.stack_files.scalars import Ambiguous, json_number, lost_on_the_way, resolve

TOP_LEVEL: Final = ("secretsprovider", "encryptedkey", "encryptionsalt", "environment", "config")
"""What the engine itself keeps in a stack file (pulumi/pulumi, sdk/go/common/workspace, ProjectStack)."""
MOST_BYTES: Final = 1 << 20
"""A stack file is some kilobytes; a larger one is another file."""
MOST_ALIASED: Final = 900
"""Nodes that stand in a file through aliases. yaml.v3 refuses from 990 of 1,000 on, as an attack."""


@dataclass(frozen=True)
class StackFile:
    """The content of a stack file."""

    config: Mapping[str, Any]
    """Keys with their namespace (``isthmus:aws``) and what the program gets; ``secure:`` stays closed."""
    rest: Mapping[str, Any] = field(default_factory=dict)
    """The engine's own keys beside ``config``."""
    written: Mapping[Path, str] = field(default_factory=dict)
    """Numbers and days as they are written, by their path below ``config``."""

    def section(self, key: str) -> dict[str, Any]:
        """What stands below one key of ``config``, days as they are written; empty where it is no mapping."""
        below = self.config.get(key)
        return _with_days(below, (key,), self.written) if isinstance(below, dict) else {}

    def handed_over(self) -> dict[str, str]:
        """The text that the engine hands to the program for each key of ``config``."""
        return {key: _text(value) for key, value in self.config.items()}


def _with_days(value: Any, path: Path, written: Mapping[Path, str]) -> Any:
    if isinstance(value, dict):
        return {key: _with_days(item, (*path, key), written) for key, item in value.items()}
    if isinstance(value, list):
        return [_with_days(item, (*path, index), written) for index, item in enumerate(value)]
    return written.get(path, value) if isinstance(value, str) else value


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return json_number(value)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def read(file: File) -> StackFile:
    """Read a stack file as the engine does.

    Raises:
        FileNotFoundError: it is not there.
        StackFileError: it cannot be read, or not every reader would take it for the same; all that is wrong
            with its values is listed, and the first thing that is wrong with its syntax.
    """
    try:
        found = file.stat()
        if not stat.S_ISREG(found.st_mode):
            raise StackFileError([Refusal((), "is no file; name a stack file")])
        if found.st_size > MOST_BYTES:
            size = f"{found.st_size / 2**20:,.1f} MiB"
            raise StackFileError([Refusal((), f"has {size}, and a stack file at most 1 MiB; name another")])
        raw = file.read_bytes()
    except FileNotFoundError:
        raise
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise StackFileError(
            [Refusal((), f"cannot be read ({reason}); mend that, or name another")]
        ) from None
    return parse(raw)


def parse(raw: bytes) -> StackFile:
    """As ``read``, of a stack file's bytes. Raises StackFileError."""
    root = compose(decode(raw))
    if root is None or (isinstance(root, Text) and root.plain and resolve(root.value) is None):
        return StackFile({})
    if not isinstance(root, Pairs):
        raise StackFileError([Refusal((), "is no mapping; a stack file has the key config at the top")])
    values = _Values()
    content = values.mapping(root, ())
    found = [
        Refusal(
            (key,),
            "is not a key of a stack file: settings go under config, which stands beside "
            f"{', '.join(TOP_LEVEL[:-1])}",
        )
        for key in content
        if key not in TOP_LEVEL
    ]
    config = content.pop("config", None)
    if config is None:
        config = {}
    if not isinstance(config, dict):
        found.append(
            Refusal(("config",), "is no mapping; allowed are keys such as isthmus:aws, a mapping each")
        )
    if found or values.refusals:
        raise StackFileError([*values.refusals, *found])
    written = {path[1:]: text for path, text in values.written.items() if path[0] == "config"}
    return StackFile(config, content, written)


class _Values:
    """Makes values of nodes, and keeps what is wrong with them, so that all of it is said at once."""

    def __init__(self) -> None:
        self.refusals: list[Refusal] = []
        self.written: dict[Path, str] = {}
        self._open: list[Node] = []
        self._aliased = 0
        self._through_alias = 0

    def _refuse(self, node: Node, path: Path, text: str) -> None:
        below = path[1:] if path[:1] == ("config",) and len(path) > 1 else path
        self.refusals.append(Refusal(below, f"{node.where}: {text}"))

    def value(self, node: Node, path: Path) -> Any:
        if self._through_alias:
            self._aliased += 1
            if self._aliased > MOST_ALIASED:
                raise StackFileError(
                    [
                        Refusal(
                            (),
                            f"{node.where}: aliases make more than {MOST_ALIASED} values; write them out",
                        )
                    ]
                )
        if isinstance(node, Alias):
            return self._elsewhere(node, path)
        if isinstance(node, Text):
            return self._scalar(node, path)
        if isinstance(node, Pairs):
            return self.mapping(node, path)
        assert isinstance(node, Items)  # noqa: S101 - there is no fifth kind
        self._open.append(node)
        values = [self.value(item, (*path, index)) for index, item in enumerate(node.items)]
        self._open.pop()
        return values

    def _elsewhere(self, node: Alias, path: Path) -> Any:
        if any(node.of is ancestor for ancestor in self._open):
            raise StackFileError(
                [Refusal((), f"{node.where}: *{node.name} stands inside of what it stands for; write it out")]
            )
        self._through_alias += 1
        value = self.value(node.of, path)
        self._through_alias -= 1
        return value

    def _scalar(self, node: Text, path: Path) -> Any:
        if not node.plain:
            if lost := lost_on_the_way(node.value):
                self._refuse(node, path, f"{shown(node.value, path)} {lost}")
            return node.value
        found = resolve(node.value)
        if isinstance(found, Ambiguous):
            self._refuse(node, path, f"{shown(node.value, path)} {found.why}")
            return node.value
        if found != node.value and not isinstance(found, bool) and found is not None:
            self.written[path] = node.value
        return found

    def mapping(self, node: Pairs, path: Path) -> dict[str, Any]:
        self._open.append(node)
        mapping: dict[str, Any] = {}
        lines: dict[str, int] = {}
        merged: Node | None = None
        for key_node, value_node in node.pairs:
            if isinstance(key_node, Text) and key_node.plain and key_node.value == "<<":
                if merged is not None:
                    self._refuse(
                        key_node, path, "the key << stands here twice: keep one, with a list of aliases"
                    )
                merged = value_node
                continue
            key = self._key(key_node, path)
            if key is None:
                continue
            if key in lines:
                text = f"the key {shown(key, ())} stands here and in line {lines[key]}: keep one of them"
                self._refuse(key_node, path, text)
                continue
            lines[key] = key_node.line
            mapping[key] = self.value(value_node, (*path, key))
        if merged is not None:
            for source in self._sources(merged, path):
                for key, value in source.items():
                    mapping.setdefault(key, value)
        self._open.pop()
        return mapping

    def _key(self, node: Node, path: Path) -> str | None:
        if not isinstance(node, Text):
            self._refuse(node, path, "this key is not a text: write it in quotes")
            return None
        found = resolve(node.value) if node.plain else node.value
        if isinstance(found, Ambiguous):
            self._refuse(node, path, f"the key {shown(node.value, path)} {found.why}")
            return None
        if not isinstance(found, str) or found != node.value:
            self._refuse(node, path, f"the key {shown(node.value, path)} is not a text: write it in quotes")
            return None
        if found == "<<" or lost_on_the_way(found):
            self._refuse(
                node, path, f"the key {shown(found, path)} is none that the engine takes: name it otherwise"
            )
            return None
        return found

    def _sources(self, node: Node, path: Path) -> list[dict[str, Any]]:
        """The mappings that ``<<`` merges: what stands first wins, and the mapping's own keys before all."""
        nodes = node.items if isinstance(node, Items) else [node]
        sources = []
        for source in nodes:
            target = source.of if isinstance(source, Alias) else source
            if not isinstance(target, Pairs):
                self._refuse(source, path, "<< merges mappings, and this is none: name an alias of a mapping")
                return []
            # Numbers that come from elsewhere are not written at this path.
            sources.append(self.value(source, (*path, "<<")))
        return sources
