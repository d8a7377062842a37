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

    @property
    def name(self) -> str:
        """Its name in the program."""
        return self.urn.rsplit("::", 1)[-1]

    @property
    def package(self) -> str:
        """The package of its type: ``aws``, ``openstack``, ``kubernetes``."""
        return self.type.partition(":")[0]
