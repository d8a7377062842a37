"""A row of the table: everything the plugin knows about one resource type."""

from __future__ import annotations

import copy
import hashlib
import ipaddress
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

from rehearsal.plugins.backend import Properties, Refused, Value
from rehearsal.plugins.openstack.fields import FORCES, SENSITIVE, SET, Arguments, Ref
from rehearsal.plugins.openstack.record import Content, Entry

PROJECT_ID = hashlib.sha256(b"isthmus rehearsal project").hexdigest()[:32]
USER_ID = hashlib.sha256(b"isthmus rehearsal user").hexdigest()[:32]


@dataclass(frozen=True)
class Situation:
    """What a rule or an output is worked out from: one resource, and the record around it.

    ``arguments`` are the validated inputs (all known: rules run when something is really made or changed);
    ``entry`` is what is recorded of it, None before its creation.
    """

    id: str
    inputs: Properties
    arguments: Any
    record: Content
    region: str
    entry: Entry | None = None
    folder: Path | None = None
    """The plugin's in the rehearsal home, where there is one."""

    def others(self, type: str) -> Iterator[Entry]:
        """The entries of a type without this resource itself."""
        return (other for other in self.record.of(type) if other is not self.entry)


Output = Callable[[Situation], Value]
Rule = Callable[[Situation], None]


class Calls(Protocol):
    """What else happens besides the record: the seam behind which a real service can stand.

    ``folder`` is the plugin's folder in the rehearsal home (settings and record lie there).
    """

    def create(self, folder: Any, inputs: Properties) -> None:
        """Make the thing; idempotent."""

    def change(self, folder: Any, inputs: Properties) -> None:
        """Bring the thing to its new inputs."""

    def exists(self, folder: Any, inputs: Properties) -> bool:
        """Whether it is still there. May raise BackendLost."""

    def delete(self, folder: Any, inputs: Properties) -> None:
        """Remove it; what is gone is no error. May raise Refused."""


@dataclass(frozen=True)
class OpenStackType:
    """One resource type.

    ``computed``: outputs that the cloud makes once; an input of the same name stands over it.
    ``following``: outputs worked out anew at every change. In both, a plain value stands for itself.
    ``shown``: inputs among these that fall back to the cloud's own value when the program leaves them out.
    ``fixed``: inputs that an update leaves as they are, whatever the program says.
    ``rules``: checks against the record at creation and update; ``update_rules``: at an update only.
    ``delete_rules``: what refuses a deletion beyond the references in the fields.
    ``uses``: entries that this one occupies without naming them in a field.
    ``repeatable``: what is there is made again as the same thing.
    ``identify``: the id of a new resource; a random UUID where the cloud draws one.
    """

    token: str
    noun: str
    service: str
    arguments: type[Arguments]
    computed: Mapping[str, Output | Value] = field(default_factory=dict)
    following: Mapping[str, Output | Value] = field(default_factory=dict)
    shown: frozenset[str] = frozenset()
    fixed: frozenset[str] = frozenset()
    rules: tuple[Rule, ...] = ()
    update_rules: tuple[Rule, ...] = ()
    delete_rules: tuple[Rule, ...] = ()
    uses: Callable[[Content, Entry], list[tuple[str, str]]] | None = None
    identify: Callable[[Properties], str] = lambda _: str(uuid.uuid4())
    secret_outputs: frozenset[str] = frozenset()
    calls: Calls | None = None
    repeatable: bool = False

    def _marked(self, mark: object) -> frozenset[str]:
        fields = self.arguments.model_fields.items()
        return frozenset(f.alias or name for name, f in fields if mark in f.metadata)

    @property
    def forces(self) -> frozenset[str]:
        """Inputs whose change replaces the resource."""
        return self._marked(FORCES)

    @property
    def kept(self) -> frozenset[str]:
        """Inputs that stay as they are when the program says them no more: optional and computed in the
        schema of the Terraform provider 3.4, which then has no plan for them (read 2026-11-27).
        """
        inputs = {f.alias or name for name, f in self.arguments.model_fields.items()}
        return frozenset(inputs & (self.computed.keys() | self.following.keys()) - self.shown)

    @property
    def sensitive(self) -> frozenset[str]:
        """Inputs whose value no sentence shows."""
        return self._marked(SENSITIVE)

    @property
    def unordered(self) -> frozenset[str]:
        """Lists that the API takes as sets."""
        return self._marked(SET)

    @property
    def references(self) -> dict[str, Ref]:
        """Inputs that point at other resources."""
        marks = ((f.alias or name, m) for name, f in self.arguments.model_fields.items() for m in f.metadata)
        return {alias: mark for alias, mark in marks if isinstance(mark, Ref)}

    @property
    def auto_named(self) -> bool:
        """Whether a name is made from the resource's own where none is given."""
        return "name" in self.arguments.model_fields


def refuse(reason: str, property: str = "") -> None:
    """Raise Refused, as a rule's last word."""
    raise Refused(reason, property=property)


def now() -> str:
    """The present time as RFC 3339 in UTC, to the second."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def region(s: Situation) -> str:
    """The region of the resource, else of the provider."""
    return str(s.inputs.get("region") or s.region)


def project(_: Situation) -> str:
    """The one project of the rehearsed cloud."""
    return PROJECT_ID


def tags(s: Situation) -> list[str]:
    """What Neutron lists back: the tags, sorted."""
    return sorted(s.inputs.get("tags") or [])


def make(outputs: Mapping[str, Output | Value], situation: Situation) -> Properties:
    """The outputs of a row's table in a situation."""
    return {k: m(situation) if callable(m) else copy.deepcopy(m) for k, m in outputs.items()}


def address_from(network: str, salt: str) -> Output:
    """A stable address out of ``network`` for the resource's id. Sixteen bits of a sha256 choose it."""
    net = ipaddress.ip_network(network)

    def choose(s: Situation) -> str:
        number = int(hashlib.sha256(f"{salt}{s.id}".encode()).hexdigest()[:4], 16)
        return str(net[1 + number % (net.num_addresses - 2)])

    return choose
