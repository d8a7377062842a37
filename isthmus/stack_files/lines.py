"""On which line of a stack file each of its keys stands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from isthmus.stack_files.nodes import Alias, Items, Node, Pairs, Text, compose, decode
from isthmus.stack_files.refusal import Path


def lines(raw: bytes) -> Mapping[Path, int]:
    """The line, from 1, of each key and each item of a stack file's bytes, by its path from the top.

    What an alias or ``<<`` brings in is on the line that does so. Raises StackFileError.
    """
    root = compose(decode(raw))
    return dict(_lines(root, ())) if root is not None else {}


def _lines(node: Node, path: Path) -> Iterator[tuple[Path, int]]:
    if isinstance(node, Pairs):
        for key, value in node.pairs:
            if isinstance(key, Text):
                yield (*path, key.value), key.line
                yield from _lines(value, (*path, key.value))
    elif isinstance(node, Items):
        for index, item in enumerate(node.items):
            yield (*path, index), item.line
            yield from _lines(item, (*path, index))
    elif isinstance(node, Alias):
        yield path, node.line
