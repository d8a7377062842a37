"""Rules on answers: lists of products that may not, or alone may, be recommended, each with its reason."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

from isthmus.errors import IsthmusError
from isthmus.settings.validation import validate
from serving.front.rules import Rule, Rules
from serving.front.settings import read_yaml

logger = logging.getLogger(__name__)


class Guard:
    """The rules in force, first match first."""

    def __init__(self, rules: Sequence[Rule] = ()) -> None:
        if len({rule.name for rule in rules}) < len(rules):
            raise IsthmusError("two rules of the guard have the same name; give each its own")
        self._denied: dict[str, Rule] = {}
        for rule in rules:
            for code in rule.deny:
                self._denied.setdefault(code, rule)
        self._allowed = [(rule, frozenset(rule.allow)) for rule in rules if rule.allow]

    def __len__(self) -> int:
        return len(self._denied)

    @property
    def allows_some_only(self) -> bool:
        """Whether there is a list of all that may be recommended."""
        return bool(self._allowed)

    def takes(self, code: str) -> Rule | None:
        """The rule by which a product is not recommended."""
        if (denied := self._denied.get(code)) is not None:
            return denied
        return next((rule for rule, codes in self._allowed if code not in codes), None)


class GuardFile:
    """A file of rules, read again when it changes; a file that is refused changes nothing."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._stamp = self._now()
        self.guard = Guard() if path is None else self._read(path)

    def look(self) -> None:
        """Read the file again where it is another one now."""
        stamp = self._now()
        if self._path is None or stamp == self._stamp:
            return
        self._stamp = stamp
        try:
            self.guard = self._read(self._path)
            logger.warning("the guard has new rules, from %s", self._path)
        except IsthmusError as error:
            logger.error("the guard keeps its rules: %s", error)

    def _now(self) -> tuple[int, int, int] | None:
        try:
            found = None if self._path is None else self._path.stat()
        except OSError:
            return None
        return None if found is None else (found.st_mtime_ns, found.st_size, found.st_ino)

    @staticmethod
    def _read(path: Path) -> Guard:
        return Guard(validate(Rules, read_yaml(path), str(path), "").rules)
