"""Create, or take over what a killed engine's session had already made."""

from __future__ import annotations

from rehearsal.plugins.backend import Backend, Created, Properties, Resource
from rehearsal.plugins.journal import Entry, Journal


class Adopter:
    """Creation through the journal. Used by several threads at once, each with a urn of its own."""

    def __init__(self, backend: Backend, journal: Journal) -> None:
        self._backend = backend
        self._journal = journal

    def create(self, resource: Resource, open_inputs: Properties) -> Created:
        """``open_inputs`` are the inputs that hold no secret: those the journal may keep.

        At most one resource is adopted; any older ones that were forgotten for the same urn are deleted.
        """
        adopted: Created | None = None
        for entry in self._journal.forgotten(resource.urn):
            if adopted is None:
                adopted = self._adopt(entry, resource)
            else:
                self._remove(entry, resource)
        if adopted is None:
            adopted = self._backend.create(resource)
        self.note(resource.urn, adopted.id, open_inputs)
        return adopted

    def note(self, urn: str, id: str, open_inputs: Properties) -> None:
        self._journal.created(urn, id, open_inputs, self._backend.instance(), self._backend.scope())

    def _adopt(self, entry: Entry, wanted: Resource) -> Created | None:
        if entry.instance and entry.instance != self._backend.instance():
            self._journal.deleted(entry.urn, entry.id, entry.scope)
            return None
        old = Resource(wanted.urn, wanted.type, wanted.name, entry.id, entry.inputs)
        found = self._backend.read(old)
        if found is None:
            self._journal.deleted(entry.urn, entry.id, entry.scope)
            return None
        old = Resource(wanted.urn, wanted.type, wanted.name, entry.id, found.inputs, found.outputs)
        new = Resource(wanted.urn, wanted.type, wanted.name, entry.id, wanted.inputs, found.outputs)
        change = self._backend.diff(old, new)
        if change.replaces:
            self._remove(entry, old)
            return None
        outputs = self._backend.update(old, new) if change.changed else found.outputs
        return Created(entry.id, outputs)

    def _remove(self, entry: Entry, resource: Resource) -> None:
        outputs = resource.outputs if resource.id == entry.id else {}
        self._backend.delete(
            Resource(resource.urn, resource.type, resource.name, entry.id, entry.inputs, outputs)
        )
        self._journal.deleted(entry.urn, entry.id, entry.scope)


__all__ = ["Adopter"]
