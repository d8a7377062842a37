"""A resource of a preview, and what would happen to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

Operation = Literal["same", "create", "update", "replace", "delete", "read"]

OPERATIONS: Final[Mapping[str, Operation]] = {
    "same": "same",
    "refresh": "same",
    "create": "create",
    "import": "create",
    "update": "update",
    "replace": "replace",
    "create-replacement": "replace",
    "delete-replaced": "replace",
    "import-replacement": "replace",
    "remove-pending-replace": "replace",
    "delete": "delete",
    "read": "read",
    "read-replacement": "read",
    "discard": "read",
    "discard-replaced": "read",
}
"""The engine's names of its steps (pulumi/pulumi pkg/resource/deploy/step.go at v3.259.0), by ours."""


@dataclass(frozen=True)
class Place:
    """A line of a file below the project's folder."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}" if self.line else self.file


@dataclass(frozen=True)
class Resource:
    """What a program declares, as it would be after the change or as it was before it."""

    urn: str
    type: str
    operation: Operation
    custom: bool = True
    """False for a component, which holds others and is nothing in a cloud."""
    parent: str = ""
    provider: str = ""
    """URN of the provider that makes it."""
    inputs: Mapping[str, Any] = field(default_factory=dict)
    """As the program gives them, by the provider's names; what no one knows yet is a text."""
    depends: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """URNs of the resources that an input takes its value from."""
    waits_for: tuple[str, ...] = ()
    """URNs of all that must be there before it."""
    protected: bool = False
    """Whether the engine refuses to delete it."""
    retained: bool = False
    """Whether it stays in the cloud when the program no longer declares it."""
    aliases: tuple[str, ...] = ()
    """URNs that it had before."""
    replaced_with: tuple[str, ...] = ()
    """URNs of resources whose replacement replaces it too."""
    replaced_for: tuple[str, ...] = ()
    """Inputs that replace it by the program's own word; ``*`` is any."""
    ignored: tuple[str, ...] = ()
    """Inputs whose changes are left to the cloud."""
    deleted_first: bool = False
    """Whether a replacement deletes it before the new one is made, by the program's own word."""
    places: tuple[Place, ...] = ()
    """Where the program declares it: the call itself first, then who called that."""

    @property
    def name(self) -> str:
        """Its name in the program."""
        return self.urn.rsplit("::", 1)[-1]

    @property
    def package(self) -> str:
        """The package of its type: ``aws``, ``openstack``, ``kubernetes``."""
        return self.type.partition(":")[0]
