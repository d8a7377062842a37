"""What an IAM policy document says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from infra.policy.inputs import at, items, parsed, texts

Statement = Mapping[str, Any]


def statements(value: Any, *path: str) -> list[Statement]:
    """The statements of a document; none where it cannot be seen."""
    return [each for each in items(parsed(at(value, *path)), "Statement") if isinstance(each, Mapping)]


def allowing(value: Any, *path: str) -> Iterator[Statement]:
    """The statements that allow something."""
    return (each for each in statements(value, *path) if each.get("Effect") == "Allow")


def actions(statement: Statement) -> list[str]:
    """Its actions, in lower case, as IAM compares them."""
    return [each.lower() for each in texts(statement, "Action")]


def resources(statement: Statement) -> list[str]:
    """Its resources."""
    return texts(statement, "Resource")


def principals(statement: Statement) -> list[str]:
    """Whom it is about, of whatever kind."""
    given = statement.get("Principal")
    if isinstance(given, Mapping):
        return [each for kind in given for each in texts(given, kind)]
    return texts(statement, "Principal")


def anyone(statement: Statement) -> bool:
    """Whether it is about everyone, on no condition."""
    return "*" in principals(statement) and not statement.get("Condition")


def named(statement: Statement) -> str:
    """How a sentence calls it."""
    sid = statement.get("Sid")
    return f"statement {sid}" if isinstance(sid, str) else "a statement"
