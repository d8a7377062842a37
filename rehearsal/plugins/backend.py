"""What a plugin's cloud must answer: the seam between gRPC and a stand-in cloud.

``server.serve`` speaks Pulumi's protocol and owns everything that is the same
for every cloud: secrets, unknowns, previews. A ``Backend`` sees plain Python
values only and owns what is its cloud's alone: which types exist, which fields
force a replacement, the calls.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from isthmus.errors import IsthmusError

# None, bool, int, float, str, list, dict - or UNKNOWN anywhere inside them (previews only).
Value: TypeAlias = Any
Properties: TypeAlias = dict[str, Value]


class Unknown:
    """The value of an output that a preview cannot know yet."""

    def __repr__(self) -> str:
        return "UNKNOWN"

    def __deepcopy__(self, _: object) -> Unknown:
        return self


UNKNOWN: Final = Unknown()


class UnknownType(IsthmusError):
    """The plugin has no row for a resource type or a function; the message names it and the recipe."""


class Refused(IsthmusError):
    """The cloud (or its model) refuses a request; the message is one sentence for the user.

    ``property`` is the camelCase input that is at fault, "" where it is the whole resource.
    """

    def __init__(self, reason: str, *, property: str = "") -> None:
        super().__init__(reason)
        self.property = property


class BackendLost(IsthmusError):
    """What stands in for the cloud restarted and forgot what the stack's state says it holds."""


class Incomplete(IsthmusError):
    """The resource exists but did not become ready (an await failed or was interrupted).

    The engine keeps it in the state with the reason, and the next up updates it. ``created`` is what a
    finished create or update would have returned (``id`` is ignored after an update).
    """

    def __init__(self, reason: str, created: Created) -> None:
        super().__init__(reason)
        self.created = created


@dataclass(frozen=True)
class Resource:
    """One resource as the engine names it.

    ``id`` is "" before creation; ``outputs`` are the outputs of the last create, read or update;
    ``ignored`` are the paths that an update leaves to the cloud (``ignoreChanges``).
    """

    urn: str
    type: str
    name: str
    id: str = ""
    inputs: Properties = field(default_factory=dict)
    outputs: Properties = field(default_factory=dict)
    ignored: tuple[str, ...] = ()


@dataclass(frozen=True)
class Change:
    """What a diff found, in top-level input keys."""

    changed: frozenset[str] = frozenset()
    replaces: frozenset[str] = frozenset()
    delete_before_replace: bool = False


@dataclass(frozen=True)
class Created:
    """The result of a creation: the cloud's id and every output (inputs included, camelCase)."""

    id: str
    outputs: Properties


@dataclass(frozen=True)
class Found:
    """The result of a read: inputs as they now are in the cloud (drift shows here) and outputs."""

    inputs: Properties
    outputs: Properties
    id: str = ""
    """The resource's own id, where it was asked for by one to import by that is another."""


class Backend(ABC):
    """One cloud behind a plugin. Calls come from several threads at once.

    Every method may raise ``Refused``, ``UnknownType`` or ``BackendLost``; any other
    exception is a defect of the plugin.
    """

    package: str

    @abstractmethod
    def configure(self, config: Properties) -> None:
        """Take the provider resource's inputs. Must not touch the network: previews of cloud
        stacks come through here with no server running."""

    @abstractmethod
    def check(self, resource: Resource) -> Properties:
        """Validate ``resource.inputs`` (``resource.outputs`` is empty) and return them with defaults
        filled in. Values may be UNKNOWN. Raises Refused for what the real API would refuse,
        UnknownType for a type with no row."""

    @abstractmethod
    def diff(self, old: Resource, new: Resource) -> Change:
        """Which of the new inputs differ and which of those the real API cannot update in place."""

    @abstractmethod
    def preview(self, resource: Resource) -> Properties:
        """Outputs of a resource not yet created: what is known without a call, UNKNOWN for the rest."""

    def preview_update(self, old: Resource, new: Resource) -> Properties | None:  # noqa: ARG002
        """Outputs that ``update`` would lead to; None where nobody is asked: what is known without a call."""
        return None

    @abstractmethod
    def create(self, resource: Resource) -> Created: ...

    @abstractmethod
    def read(self, resource: Resource) -> Found | None:
        """The resource as it is now; None when it is gone."""

    @abstractmethod
    def update(self, old: Resource, new: Resource) -> Properties:
        """Bring ``old`` to ``new.inputs`` in place; returns all outputs."""

    @abstractmethod
    def delete(self, resource: Resource) -> None:
        """Delete the resource; what is gone already is no error."""

    @abstractmethod
    def invoke(self, token: str, arguments: Properties) -> Properties:
        """Answer a data source (``aws:s3/getObject:getObject``)."""

    def secret_outputs(self, type: str) -> frozenset[str]:  # noqa: ARG002
        """Outputs of a type that are always secret."""
        return frozenset()

    def secret_results(self, token: str) -> frozenset[str]:  # noqa: ARG002
        """Keys of a function's result that are always secret."""
        return frozenset()

    def autonames(self, type: str) -> Mapping[str, int]:  # noqa: ARG002
        """Inputs of a type that get a name of the engine's making when the program gives none, with the
        longest name allowed: ``{"bucket": 63}``. The server keeps a name once made across updates, and lets
        a replacement with a made name be created before the old one is deleted."""
        return {}

    def replaces_provider(
        self,
        old: Properties,  # noqa: ARG002
        new: Properties,  # noqa: ARG002
        changed: frozenset[str],  # noqa: ARG002
    ) -> frozenset[str]:
        """Which of the provider's changed inputs make it another provider: all its resources are replaced
        then.

        Values may be UNKNOWN."""
        return frozenset()

    def scope(self) -> str:
        """What an id is unique within, where that is less than the stand-in: a cluster. "" where an id names
        one resource of a type."""
        return ""

    def instance(self) -> str:
        """Which run of the stand-in answers, "" where it cannot forget. Must not start anything. It is
        noted at each creation, so that a restarted stand-in is noticed (``BackendLost``)."""
        return ""

    def note(self, type: str) -> str:  # noqa: ARG002
        """What the user should see beside a resource of this type when it is created or changed ("recorded:
        the stand-in has no such call"), "" for nothing."""
        return ""

    def cancel(self) -> None:  # noqa: B027 - most clouds have nothing to interrupt
        """Stop waiting: the user pressed Ctrl-C."""


__all__ = [
    "UNKNOWN",
    "Backend",
    "BackendLost",
    "Change",
    "Created",
    "Found",
    "Incomplete",
    "Properties",
    "Refused",
    "Resource",
    "Unknown",
    "UnknownType",
    "Value",
]
