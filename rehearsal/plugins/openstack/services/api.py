"""How a resource type is asked for at its service."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from rehearsal.openstack_services.session import ServiceRefused, Session
from rehearsal.plugins.backend import Created, Properties

GONE: Final = 404
NOT_IN_BODIES: Final = frozenset({"region", "tags", "valueSpecs"})

Answer = dict[str, Any]


def snake(name: str) -> str:
    """``adminStateUp`` -> ``admin_state_up``."""
    return re.sub(r"(?<!^)([A-Z])", r"_\1", name).lower()


def plain(value: Any) -> Any:
    """Protobuf knows one kind of number, the services tell 4 from 4.0."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, list) else value


def or_gone(ask: Callable[[], Any]) -> Any:
    """The answer, None where the service says that there is no such thing."""
    try:
        return ask()
    except ServiceRefused as refused:
        if refused.status == GONE:
            return None
        raise


@dataclass(frozen=True)
class Api:
    """A type of Neutron's kind: POST, GET, PUT and DELETE of a body with one key.

    Attributes:
        service: type of the service in the catalogue.
        path: of the collection.
        key: what a body has around it.
        names: inputs whose name in a body is not their own in snake case; None keeps one out.
        shown: outputs that are no inputs.
    """

    service: str
    path: str
    key: str
    names: Mapping[str, str | None] = field(default_factory=dict)
    shown: tuple[str, ...] = ()

    def create(self, session: Session, inputs: Properties) -> Created:
        """Make it; its id, and what only its creation tells."""
        body = {**self.body(inputs), **(inputs.get("valueSpecs") or {})}
        answer = session.post(self.service, self.path, {self.key: body})[self.key]
        id = str(answer["id"])
        if inputs.get("tags"):
            self._tag(session, id, inputs)
        return Created(id, {})

    def read(self, session: Session, id: str, inputs: Properties) -> Properties | None:
        """What the service says of it, by the names of inputs and outputs; None where it is gone."""
        answer = or_gone(lambda: session.get(self.service, f"{self.path}/{id}"))
        return None if answer is None else self.show(answer[self.key], inputs)

    def update(self, session: Session, id: str, old: Properties, new: Properties) -> None:
        """Change in place what is another value."""
        before, after = self.body(old), self.body(new)
        changed = {key: value for key, value in after.items() if before.get(key) != value}
        changed |= {key: self.cleared(key) for key in before.keys() - after.keys()}
        if changed:
            session.request(self.service, "PUT", f"{self.path}/{id}", json={self.key: changed})
        if old.get("tags") != new.get("tags"):
            self._tag(session, id, new)

    def delete(self, session: Session, id: str, inputs: Properties) -> None:  # noqa: ARG002
        """Delete it; what is gone is no error."""
        or_gone(lambda: session.request(self.service, "DELETE", f"{self.path}/{id}"))

    def opened(self, session: Session, id: str) -> Properties:  # noqa: ARG002
        """Outputs that are asked for once, and kept in the state from then on."""
        return {}

    def body(self, inputs: Properties) -> Answer:
        """The inputs as the service names them."""
        named = {self._name(key): plain(value) for key, value in inputs.items() if key not in NOT_IN_BODIES}
        return {key: value for key, value in named.items() if key is not None}

    def show(self, answer: Answer, inputs: Properties) -> Properties:
        """The answer as inputs and outputs."""
        known = {key: self._name(key) for key in (*inputs, *self.shown)}
        # A service says null of what nobody gave it, and of what was taken away.
        found = {
            key: answer[name]
            for key, name in known.items()
            if name in answer and (answer[name] is not None or key in inputs)
        }
        if isinstance(answer.get("tags"), list):
            found["allTags"] = sorted(answer["tags"])
            if "tags" in inputs:
                found["tags"] = answer["tags"]
        return found

    def cleared(self, key: str) -> Any:  # noqa: ARG002
        """What an input that is no longer given becomes."""
        return ""

    def _name(self, key: str) -> str | None:
        return self.names.get(key, snake(key))

    def _tag(self, session: Session, id: str, inputs: Properties) -> None:
        tags = {"tags": inputs.get("tags") or []}
        session.request(self.service, "PUT", f"{self.path}/{id}/tags", json=tags)
