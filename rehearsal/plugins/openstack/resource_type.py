"""A row of the table: everything the plugin knows about one resource type, and its service does not."""

from __future__ import annotations

from dataclasses import dataclass

from rehearsal.plugins.openstack.fields import FORCES, SENSITIVE, SET, Arguments


@dataclass(frozen=True)
class OpenStackType:
    """One resource type.

    ``outputs``: what the cloud adds, or says of an input that the program leaves to it.
    ``shown``: inputs among these that fall back to the cloud's own value when the program leaves them out.
    ``fixed``: inputs that an update leaves as they are, whatever the program says.
    """

    token: str
    noun: str
    service: str
    arguments: type[Arguments]
    outputs: frozenset[str]
    shown: frozenset[str] = frozenset()
    fixed: frozenset[str] = frozenset()
    secret_outputs: frozenset[str] = frozenset()

    @property
    def inputs(self) -> frozenset[str]:
        """Every input that the type has."""
        return frozenset(f.alias or name for name, f in self.arguments.model_fields.items())

    @property
    def forces(self) -> frozenset[str]:
        """Inputs whose change replaces the resource."""
        return self._marked(FORCES)

    @property
    def kept(self) -> frozenset[str]:
        """Inputs that stay as they are when the program says them no more: optional and computed in the
        schema of the Terraform provider 3.4, which then has no plan for them (read 2026-11-27).
        """
        return (self.inputs & self.outputs) - self.shown

    @property
    def sensitive(self) -> frozenset[str]:
        """Inputs whose value no sentence shows."""
        return self._marked(SENSITIVE)

    @property
    def unordered(self) -> frozenset[str]:
        """Lists that the API takes as sets."""
        return self._marked(SET)

    @property
    def auto_named(self) -> bool:
        """Whether a name is made from the resource's own where none is given."""
        return "name" in self.arguments.model_fields

    def _marked(self, mark: object) -> frozenset[str]:
        fields = self.arguments.model_fields.items()
        return frozenset(f.alias or name for name, f in fields if mark in f.metadata)
