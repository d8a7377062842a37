"""What differs between two previews of one stack.

Both are of desired states, and no cloud was asked: whether a difference is an update or a replacement is
told by the provider's schema, as far as somebody has it, and by what the program itself says of a resource.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from infra.review.change.cascade import cascade
from infra.review.change.change import PROGRAM, SCHEMA, UNKNOWN, Change, Kind, Property
from infra.review.change.renames import with_renames
from infra.review.change.values import made_names, of_resource, unknown
from infra.review.errors import CannotJudge
from infra.review.preview import Preview
from infra.review.resource import Resource

Replaces = Callable[[str, frozenset[str]], frozenset[str] | None]
"""Which of some inputs of a type, named by their paths, force a replacement; None for a type not known."""


def no_schema(_type: str, _paths: frozenset[str]) -> None:
    """Stands for a schema where there is none."""


def compare(before: Preview, after: Preview, replaces: Replaces = no_schema) -> tuple[Change, ...]:
    """Every resource that differs, the gravest first as ``Change`` lists them by kind.

    Raises:
        CannotJudge: they are of two stacks.
    """
    _refuse_two_stacks(before, after)
    old, new = before.after, after.after
    names = {**made_names(old), **made_names(new)}
    partners = {urn: _partner(resource, old) for urn, resource in new.items()}
    found: dict[str, Change] = {}
    for urn, resource in new.items():
        if not resource.custom:
            continue
        partner = partners[urn]
        if partner is None:
            found[urn] = Change("add", None, resource)
        elif changed := _changed(partner, resource, names, replaces, {**old, **new}):
            found[urn] = changed
    kept = {partner.urn for partner in partners.values() if partner is not None}
    for urn, resource in old.items():
        if resource.custom and urn not in kept:
            found[urn] = Change("delete", resource, None)
    stay = {urn: (partner, new[urn]) for urn, partner in partners.items() if partner and new[urn].custom}
    return with_renames(cascade(found, stay, replaces), names)


def _refuse_two_stacks(before: Preview, after: Preview) -> None:
    def project(preview: Preview) -> str:
        return next(iter(preview.after or preview.before)).split("::")[1]

    for what, one, other in (
        ("stack", before.stack, after.stack),
        ("project", project(before), project(after)),
    ):
        if one != other:
            raise CannotJudge(
                f"the previews are of two {what}s, {one[:80]!r} and {other[:80]!r}; give two of one {what}"
            )


def _partner(resource: Resource, old: Mapping[str, Resource]) -> Resource | None:
    """What stood in its place: by its URN, or by one that it says it had."""
    return next((old[urn] for urn in (resource.urn, *resource.aliases) if urn in old), None)


def _changed(
    before: Resource,
    after: Resource,
    names: Mapping[str, str],
    replaces: Replaces,
    both: Mapping[str, Resource],
) -> Change | None:
    properties = [
        *of_resource(before, after, names),
        *_taken_from_others(before, after, both),
    ]
    properties = [each for each in properties if not _ignored(each.path, after.ignored)]
    if not properties:
        return None
    paths = frozenset(each.path for each in properties)
    change = Change("change", before, after, tuple(properties))
    if own := sorted(path for path in paths if _matches(path, after.replaced_for)):
        return replace(change, kind="replace", forced_by=tuple(own), known_by=PROGRAM)
    forced = replaces(after.type, paths)
    if forced is None:
        return replace(change, known_by=UNKNOWN)
    kind: Kind = "replace" if forced else "change"
    return replace(change, kind=kind, forced_by=tuple(sorted(forced)), known_by=SCHEMA)


def _taken_from_others(before: Resource, after: Resource, both: Mapping[str, Resource]) -> list[Property]:
    """Inputs that no preview knows, and that come from another resource than before.

    What stands on one side only is left out where something else stays: a program waits for more than it
    takes values from.
    """
    found = []
    for key in before.depends.keys() & after.depends.keys():
        if not (unknown(before.inputs.get(key)) and unknown(after.inputs.get(key))):
            continue
        was, now = set(before.depends[key]), set(after.depends[key])
        stay = was & now
        if was != now and not stay:
            found.append(Property(key, _named(was, both), _named(now, both)))
    return sorted(found, key=lambda each: each.path)


def _named(urns: set[str], both: Mapping[str, Resource]) -> str:
    names = sorted(both[urn].name if urn in both else urn.rsplit("::", 1)[-1] for urn in urns)
    text = f"from {', '.join(names[:3])}" if names else ""
    return text + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def _ignored(path: str, ignored: tuple[str, ...]) -> bool:
    return any(path == each or path.startswith((f"{each}.", f"{each}[")) for each in ignored)


def _matches(path: str, wanted: tuple[str, ...]) -> bool:
    return "*" in wanted or _ignored(path, wanted)
