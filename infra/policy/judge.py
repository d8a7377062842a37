"""Ask every rule of a stack, and take off what an exception lets pass."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from fnmatch import fnmatchcase

from infra.policy.rule import Rule
from infra.policy.stack import Stack
from infra.review.resource import Resource
from infra.settings.policy import PolicyException


@dataclass(frozen=True)
class Breach:
    """A rule that a resource breaks."""

    rule: Rule
    resource: Resource
    text: str
    """What is wrong, as the end of a sentence that begins with the resource's name."""
    exception: PolicyException | None = None
    """What lets it pass, if something does."""

    @property
    def refuses(self) -> bool:
        """Whether the stack is refused for it."""
        return self.rule.refuses and self.exception is None

    @property
    def sentence(self) -> str:
        """What is wrong, and with what."""
        return f"{self.resource.name} ({self.resource.type}) {self.text}"


def judge(stack: Stack, rules: Iterable[Rule]) -> Iterator[Breach]:
    """Every breach of the rules, in their order; those with an exception, too."""
    for rule in rules:
        for resource, text in rule.broken(stack):
            found = exception(rule, resource, stack.exceptions, stack.today)
            yield Breach(rule, resource, text, found)


def exception(
    rule: Rule, resource: Resource, exceptions: Iterable[PolicyException], today: date
) -> PolicyException | None:
    """The exception that lets a resource break a rule today."""
    for each in exceptions:
        if each.rule == rule.name and fnmatchcase(resource.name, each.resource) and today <= each.expires:
            return each
    return None
