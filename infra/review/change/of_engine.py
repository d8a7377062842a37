"""What one preview of a stack that stands says itself: the engine has compared, with the clouds' plugins."""

from __future__ import annotations

from infra.review.change.change import ENGINE, Change, Kind, Property
from infra.review.change.renames import with_renames
from infra.review.change.values import made_names, of_resource
from infra.review.preview import Preview, Reasons
from infra.review.resource import Operation, Resource

_KINDS: dict[Operation, Kind] = {
    "create": "add",
    "update": "change",
    "replace": "replace",
    "delete": "delete",
}


def changes_of(preview: Preview) -> tuple[Change, ...]:
    """Every resource that the engine would create, update, replace or delete."""
    names = {**made_names(preview.before), **made_names(preview.after)}
    found = {}
    for urn in dict.fromkeys((*preview.after, *preview.before)):
        before, after = preview.before.get(urn), preview.after.get(urn)
        resource = after or before
        assert resource is not None  # noqa: S101 - the URN is of one of them
        kind = _KINDS.get(resource.operation)
        if kind is None or not resource.custom:
            continue
        reasons = preview.reasons.get(urn, Reasons())
        found[urn] = Change(
            kind,
            None if kind == "add" else before,
            None if kind == "delete" else after,
            _properties(before, after, names, reasons) if kind in ("change", "replace") else (),
            reasons.replaced_for if kind == "replace" else (),
            known_by=ENGINE,
        )
    return with_renames(found, names)


def _properties(
    before: Resource | None, after: Resource | None, names: dict[str, str], reasons: Reasons
) -> tuple[Property, ...]:
    if before is None or after is None:
        return ()
    found = tuple(of_resource(before, after, names))
    return found or tuple(Property(key, "", "") for key in reasons.changed)
