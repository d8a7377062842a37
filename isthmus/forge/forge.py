"""What is asked of a forge, whichever it is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Text:
    """A comment or an issue: its number, who wrote it, what it says."""

    number: int
    author: str
    body: str


class Forge(Protocol):
    """A forge that keeps this project."""

    def me(self) -> str:
        """The name under which this token writes. Raises ForgeError."""

    def pull_request(self, owner: str, branch: str, commit: str) -> int | None:
        """The open pull request of somebody's branch at a commit, if there is one. Raises ForgeError."""

    def comments(self, pull_request: int) -> Iterable[Text]:
        """The comments on a pull request. Raises ForgeError."""

    def comment(self, pull_request: int, body: str, instead_of: int | None) -> None:
        """Write a comment, or write one anew. Raises ForgeError."""

    def issues(self, label: str) -> Iterable[Text]:
        """The open issues with a label. Raises ForgeError."""

    def issue(self, label: str, title: str, body: str, instead_of: int | None) -> None:
        """Open an issue, or write one anew. Raises ForgeError."""

    def close(self, issue: int) -> None:
        """Close an issue. Raises ForgeError."""

    def propose(self, branch: str, base: str, title: str, body: str) -> str:
        """Open a pull request, or write that of the branch anew; its address. Raises ForgeError."""
