"""A rehearsed OpenStack cloud, driven as the plugin's server drives it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rehearsal.home import Home
from rehearsal.plugins.backend import Change, Resource
from rehearsal.plugins.openstack.backend import OpenStackBackend


class Cloud:
    """Creates resources by name and knows their ids."""

    def __init__(self, root: Path) -> None:
        self.home = Home(root)
        self.backend = OpenStackBackend(self.home)
        self.backend.configure({"region": "RegionOne"})
        self.made: dict[str, Resource] = {}

    def fill(self, value: Any) -> Any:
        """``{name}`` -> the id of the resource called so."""
        if isinstance(value, dict):
            return {key: self.fill(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self.fill(item) for item in value]
        if isinstance(value, str) and value.startswith("{") and value.endswith("}"):
            made = self.made.get(value[1:-1])
            return made.id if made else value  # where nothing is made, nobody asks what an id is of
        return value

    def resource(self, type: str, name: str, inputs: dict[str, Any], id: str = "") -> Resource:
        """The resource with checked inputs."""
        urn = f"urn:pulumi:local::isthmus::{type}::{name}"
        checked = self.backend.check(Resource(urn, type, name, id, self.fill(inputs)))
        return Resource(urn, type, name, id, checked)

    def standing(self, type: str, inputs: dict[str, Any], **outputs: Any) -> Resource:
        """What would be made of the inputs in a cloud that adds these outputs; nothing is asked."""
        checked = self.resource(type, "it", inputs)
        return Resource(checked.urn, type, "it", "id", checked.inputs, {**outputs, **checked.inputs})

    def create(self, type: str, name: str, inputs: dict[str, Any]) -> Resource:
        """Check and create; remembered by its name."""
        wanted = self.resource(type, name, inputs)
        created = self.backend.create(wanted)
        done = Resource(wanted.urn, type, name, created.id, wanted.inputs, created.outputs)
        self.made[name] = done
        return done

    def build(self, needs: dict[str, tuple[str, dict[str, Any]]]) -> None:
        """Create all, in order."""
        for name, (type, inputs) in needs.items():
            self.create(type, name, inputs)

    def diff(self, old: Resource, inputs: dict[str, Any]) -> Change:
        """What a changed program would change."""
        return self.backend.diff(old, self.resource(old.type, old.name, inputs, old.id))

    def update(self, old: Resource, inputs: dict[str, Any]) -> Resource:
        """Check and update."""
        new = self.resource(old.type, old.name, inputs, old.id)
        outputs = self.backend.update(old, new)
        return Resource(old.urn, old.type, old.name, old.id, new.inputs, outputs)

    def delete(self, name: str) -> None:
        """Delete by name."""
        self.backend.delete(self.made[name])
