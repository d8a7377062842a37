"""From bytes to nodes: YAML's syntax, with limits, and without what two readers would take differently."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import yaml

from isthmus.stack_files.refusal import Refusal, StackFileError

DEEPEST: Final = 40
"""Levels of nesting; the settings use seven."""
MOST_NODES: Final = 20_000
"""Keys, values and lists; the largest of our own stack files has some 150."""

# libyaml is what the engine's parser was ported from; PyYAML's own differs from both in places.
_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_BREAKS: Final = re.compile("[\u0085\u2028\u2029]")
_TEXT_TAG: Final = "tag:yaml.org,2002:str"


@dataclass
class Node:
    """A part of the file."""

    line: int
    column: int

    @property
    def where(self) -> str:
        return f"line {self.line}, column {self.column}"


@dataclass
class Text(Node):
    """A scalar; ``plain`` where neither quotes nor a block nor ``!!str`` makes it a text for certain."""

    value: str
    plain: bool


@dataclass
class Items(Node):
    """A list."""

    items: list[Node] = field(default_factory=list)


@dataclass
class Pairs(Node):
    """A mapping, its keys as nodes and in their order."""

    pairs: list[tuple[Node, Node]] = field(default_factory=list)


@dataclass
class Alias(Node):
    """A node that stands elsewhere."""

    name: str
    of: Node


def refuse(text: str, node: Any = None) -> StackFileError:
    """The error that says ``text`` of the file, or of the place of a node or mark in it."""
    if node is None:
        return StackFileError([Refusal((), text)])
    where = node.where if isinstance(node, Node) else f"line {node.line + 1}, column {node.column + 1}"
    return StackFileError([Refusal((), f"{where}: {text}")])


def decode(raw: bytes) -> str:
    """The file's text; a byte order mark of UTF-8 is left out, as the engine does. Raises StackFileError."""
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise refuse("is written in UTF-16, which not every reader takes; save it as UTF-8")
    try:
        text = raw.removeprefix(b"\xef\xbb\xbf").decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise refuse(
            f"is no readable UTF-8 text (line {line} has the byte 0x{raw[error.start]:02x}); save it as UTF-8"
        ) from None
    if (mark := text.find("\ufeff")) >= 0:
        line = text.count("\n", 0, mark) + 1
        raise refuse(
            f"line {line}: holds a byte order mark (U+FEFF), which is not for every reader; take it out"
        )
    if found := _BREAKS.search(text):
        line = text.count("\n", 0, found.start()) + 1
        code = f"{ord(found[0]):04X}"
        raise refuse(
            f"line {line}: holds the character U+{code}, which ends a line in YAML 1.1 and not in 1.2; "
            f'write \\u{code} inside of "double quotes", or take it out'
        )
    return text


def _not_yaml(error: yaml.YAMLError) -> StackFileError:
    problem = " ".join(
        str(getattr(error, "problem", None) or getattr(error, "reason", None) or "cannot be read").split()
    )
    mark = getattr(error, "problem_mark", None)
    position = getattr(error, "position", None)
    if mark is None and "not allowed" in problem:
        where = f" (character {position})" if isinstance(position, int) else ""
        return refuse(
            f"holds a control character{where}; take it out, or write its escape inside of double quotes"
        )
    return refuse(f"this is no YAML ({problem}); mend the line or the one before it", mark)


def _events(text: str) -> Iterator[Any]:
    try:
        yield from yaml.parse(text, Loader=_LOADER)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        lines = text.splitlines()
        if mark is not None and mark.line < len(lines) and "\t" in lines[mark.line][: mark.column + 1]:
            raise refuse("there is a tab; YAML is indented by spaces only, so write spaces", mark) from None
        raise _not_yaml(error) from None


class _Composer:
    """Builds nodes of events. Only ``node`` calls itself, and never deeper than ``DEEPEST``."""

    def __init__(self, text: str) -> None:
        self._events = _events(text)
        self._anchors: dict[str, Node] = {}
        self._count = 0
        self._in_brackets = 0

    def document(self) -> Node | None:
        next(self._events)  # the start of the stream
        start = next(self._events)
        if isinstance(start, yaml.StreamEndEvent):
            return None
        if start.version or start.tags:
            raise refuse("a line that begins with % is not for stack files; take it out", start.start_mark)
        root = self.node(next(self._events), 1)
        next(self._events)  # the end of the document
        after = next(self._events)
        if not isinstance(after, yaml.StreamEndEvent):
            raise refuse(
                "a second document begins here, and the engine reads the first alone; take the line out",
                after.start_mark,
            )
        return root

    def node(self, event: Any, depth: int) -> Node:
        self._count += 1
        mark = event.start_mark
        if depth > DEEPEST:
            raise refuse(f"is nested more than {DEEPEST} levels deep; settings are never so deep", mark)
        if self._count > MOST_NODES:
            raise refuse(f"more than {MOST_NODES:,} keys and values; no stack file has so many", mark)
        line, column = mark.line + 1, mark.column + 1
        if isinstance(event, yaml.AliasEvent):
            if event.anchor not in self._anchors:
                raise refuse(f"*{event.anchor} means the anchor &{event.anchor}, which is not above it", mark)
            return Alias(line, column, event.anchor, self._anchors[event.anchor])
        node: Node
        if isinstance(event, yaml.ScalarEvent):
            if event.tag not in (None, _TEXT_TAG):
                raise refuse(_tagged(event.tag), mark)
            plain = event.tag is None and event.implicit[0] and not event.style
            if self._in_brackets and "?" in event.value and not event.style:
                raise refuse(
                    "a ? without quotes inside of brackets is not for every reader; use quotes", mark
                )
            node = Text(line, column, event.value, plain)
            self._name(event, node)
            return node
        if event.tag is not None:
            raise refuse(_tagged(event.tag), mark)
        self._in_brackets += bool(event.flow_style)
        node = self._collection(event, line, column, depth)
        self._in_brackets -= bool(event.flow_style)
        return node

    def _collection(self, event: Any, line: int, column: int, depth: int) -> Node:
        if isinstance(event, yaml.SequenceStartEvent):
            items = Items(line, column)
            self._name(event, items)
            while not isinstance(following := next(self._events), yaml.SequenceEndEvent):
                items.items.append(self.node(following, depth + 1))
            return items
        pairs = Pairs(line, column)
        self._name(event, pairs)
        while not isinstance(following := next(self._events), yaml.MappingEndEvent):
            key = self.node(following, depth + 1)
            pairs.pairs.append((key, self.node(next(self._events), depth + 1)))
        return pairs

    def _name(self, event: Any, node: Node) -> None:
        if event.anchor is not None:
            self._anchors[event.anchor] = node


def _tagged(tag: str) -> str:
    short = tag.replace("tag:yaml.org,2002:", "!!")
    return f"the tag {short} is not the same to every reader; take it off, and write texts in quotes"


def compose(text: str) -> Node | None:
    """The root of a file's one document; None where it has none. Raises StackFileError."""
    return _Composer(text).document()
