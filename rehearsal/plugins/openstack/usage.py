"""Who uses what: the references in the rows' fields, read backwards."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from rehearsal.plugins.backend import Refused
from rehearsal.plugins.openstack.record import Content, Entry
from rehearsal.plugins.openstack.resource_type import OpenStackType


def users(entry: Entry, content: Content, rows: Mapping[str, OpenStackType]) -> Iterator[tuple[Entry, str]]:
    """Entries that point at ``entry``, each with what its deletion means to them (refuse, cascade, keep)."""
    for other in list(content.entries.values()):
        row = rows.get(other.type)
        if row is None or other is entry:
            continue
        for key, ref in row.references.items():
            value = other.inputs.get(key)
            if entry.type in ref.types and entry.id in (value if isinstance(value, list) else [value]):
                yield other, ref.on_delete
        if row.uses is not None and (entry.type, entry.id) in row.uses(content, other):
            yield other, "refuse"


def doomed_with(entry: Entry, content: Content, rows: Mapping[str, OpenStackType]) -> list[Entry]:
    """``entry`` and what the API deletes along with it. Raises Refused (409) naming who stands in the way."""
    doomed = [entry]
    for gone in doomed:
        for user, meaning in users(gone, content, rows):
            if meaning == "cascade" and user not in doomed:
                doomed.append(user)
    for gone in doomed:
        for user, meaning in users(gone, content, rows):
            if meaning == "refuse" and user not in doomed:
                raise Refused(
                    f"409: {rows[gone.type].noun} {gone.title} is in use by {rows[user.type].noun} "
                    f"{user.title}; delete that first"
                )
    return doomed
