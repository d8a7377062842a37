"""What a rule is, and how a function becomes one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal, NotRequired, TypeAlias, TypedDict, Unpack

from infra.policy.stack import Stack
from infra.review.resource import Resource

Severity = Literal["low", "medium", "high", "critical"]
SEVERITIES: Final[tuple[Severity, ...]] = ("low", "medium", "high", "critical")
ADVISORY: Final[frozenset[Severity]] = frozenset({"low"})
"""What is told and refuses nothing."""
Domain = Literal["AWS", "OpenStack", "Kubernetes", "FinOps", "Estate"]


@dataclass(frozen=True)
class Reference:
    """A control of a standard that a rule checks."""

    standard: str
    control: str
    url: str

    def __str__(self) -> str:
        return f"{self.standard} {self.control}"


ResourceCheck: TypeAlias = Callable[[Resource], Iterator[str]]
"""Yields what is wrong with a resource, as the end of a sentence that begins with its name."""
StackCheck: TypeAlias = Callable[[Stack], Iterator[tuple[Resource, str]]]
"""Yields the resources with which something is wrong, and what."""


@dataclass(frozen=True, kw_only=True)
class Rule:
    """A rule, and the function that checks it."""

    name: str
    """Never changes: exceptions name it."""
    domain: Domain
    title: str
    """What holds where it is kept, as one sentence without its full stop."""
    reason: str
    remedy: str
    severity: Severity
    references: tuple[Reference, ...]
    types: frozenset[str] | None
    """Types of the resources that it looks at one by one; None where it needs the whole stack."""
    of_resource: ResourceCheck | None = None
    of_stack: StackCheck | None = None

    @property
    def refuses(self) -> bool:
        """Whether a stack that breaks it is refused."""
        return self.severity not in ADVISORY

    def broken(self, stack: Stack) -> Iterator[tuple[Resource, str]]:
        """What breaks it in a whole stack."""
        if self.of_stack is not None:
            yield from self.of_stack(stack)
        elif self.of_resource is not None:
            for resource in stack.of_type(*(self.types or ())):
                for text in self.of_resource(resource):
                    yield resource, text


class _Told(TypedDict):
    """What a rule says of itself; the fields of ``Rule``."""

    name: str
    title: str
    reason: str
    remedy: str
    severity: Severity
    references: NotRequired[Sequence[Reference]]


class Rules:
    """The rules of a module, in the order in which it tells them."""

    def __init__(self, domain: Domain) -> None:
        self._domain = domain
        self.all: list[Rule] = []

    def of_resource(self, *types: str, **told: Unpack[_Told]) -> Callable[[ResourceCheck], ResourceCheck]:
        """Make a function the rule of resources of some types. The function stays what it is."""

        def add(check: ResourceCheck) -> ResourceCheck:
            self._add(told, types=frozenset(types), of_resource=check)
            return check

        return add

    def of_stack(self, **told: Unpack[_Told]) -> Callable[[StackCheck], StackCheck]:
        """Make a function the rule of whole stacks. The function stays what it is."""

        def add(check: StackCheck) -> StackCheck:
            self._add(told, of_stack=check)
            return check

        return add

    def _add(
        self,
        told: _Told,
        *,
        types: frozenset[str] | None = None,
        of_resource: ResourceCheck | None = None,
        of_stack: StackCheck | None = None,
    ) -> None:
        self.all.append(
            Rule(
                name=told["name"],
                domain=self._domain,
                title=told["title"],
                reason=told["reason"],
                remedy=told["remedy"],
                severity=told["severity"],
                references=tuple(told.get("references", ())),
                types=types,
                of_resource=of_resource,
                of_stack=of_stack,
            )
        )
