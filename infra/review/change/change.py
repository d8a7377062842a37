"""One resource that a change adds, alters, replaces or deletes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from infra.review.resource import Resource

Kind = Literal["add", "change", "replace", "delete"]
KINDS: Final[tuple[Kind, ...]] = ("delete", "replace", "change", "add")
"""The gravest first."""

ENGINE: Final = "the engine's own preview"
SCHEMA: Final = "the provider's schema, as the stand-in has it"
PROGRAM: Final = "an option that the program gives it"
WITH: Final = "what it takes its inputs from is replaced"
UNKNOWN: Final = "not known: no schema of its type is here, so it may be replaced"


@dataclass(frozen=True)
class Property:
    """An input that differs, both its values as they may be shown; "" where there is none."""

    path: str
    before: str
    after: str


@dataclass(frozen=True)
class Change:
    """What would happen to one resource, and how that is known."""

    kind: Kind
    before: Resource | None
    after: Resource | None
    properties: tuple[Property, ...] = ()
    forced_by: tuple[str, ...] = ()
    """Inputs that make it a replacement; none where it is replaced with another resource."""
    goes_with: str = ""
    """URN of the resource whose replacement replaces this one."""
    known_by: str = ""
    """How it is known that it is replaced, or is not."""
    like: str = ""
    """URN of a resource that the same change deletes and that is its like: a rename without an alias."""

    @property
    def resource(self) -> Resource:
        """As it would be, or as it was where it goes."""
        found = self.after or self.before
        assert found is not None  # noqa: S101 - a change has a side
        return found

    @property
    def urn(self) -> str:
        return self.resource.urn

    @property
    def goes(self) -> bool:
        """Whether what stands is deleted, for good or to be made again."""
        return self.kind in ("delete", "replace")

    @property
    def protected(self) -> bool:
        """Whether the engine refuses it: what would go is protected."""
        return self.goes and self.before is not None and self.before.protected
