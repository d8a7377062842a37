"""Values as a stack file that every reader of YAML takes for the same."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import yaml

from isthmus.stack_files.refusal import Refusal, StackFileError, shown
from isthmus.stack_files.scalars import lost_on_the_way

_WIDEST: Final = 1 << 30


class _Dumper(yaml.SafeDumper):
    """Every text in double quotes, every value at its place instead of an alias."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002
        return True


def _quoted(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    if lost := lost_on_the_way(text):
        raise StackFileError([Refusal((), f"{shown(text, ())} {lost}")])
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"')


def _whole(dumper: yaml.SafeDumper, number: int) -> yaml.ScalarNode:
    # A larger one came of a float such as 1e20, and would be refused without its exponent.
    return (
        dumper.represent_int(number) if -(2**63) <= number < 2**63 else dumper.represent_float(float(number))
    )


_Dumper.add_representer(str, _quoted)
_Dumper.add_representer(int, _whole)


def write(content: Mapping[str, Any], *, head: str = "") -> str:
    """The text of a stack file.

    Args:
        content: its top-level keys, ``config`` among them: texts, numbers, booleans, None, lists, mappings.
        head: lines of comment to begin with.

    Reading it gives the content again. Comments of a file that the content came from are lost, so this is for
    copies and for files that are ours.

    Raises:
        StackFileError: the engine would lose a part of a text.
    """
    text = yaml.dump(dict(content), Dumper=_Dumper, sort_keys=False, allow_unicode=False, width=_WIDEST)
    return head + str(text)
