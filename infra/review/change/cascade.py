"""What goes with a resource that is replaced: what the program ties to it, and what takes inputs from it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from infra.review.change.change import WITH, Change, Property
from infra.review.change.values import HIDDEN, LATER, secretive, shown, unknown
from infra.review.resource import Resource

Both = Mapping[str, tuple[Resource, Resource]]
Replaces = Callable[[str, frozenset[str]], frozenset[str] | None]

_KUBERNETES: Final = "pulumi:providers:kubernetes"
_KUBECONFIG: Final = "kubeconfig"


def cascade(found: Mapping[str, Change], stay: Both, replaces: Replaces) -> dict[str, Change]:
    """The changes, with all that is replaced because something else is.

    Args:
        found: what differs by itself.
        stay: every resource that both sides have, as it was and as it would be.
        replaces: the providers' schemas.
    """
    changes = dict(found)
    gone = [urn for urn, change in changes.items() if change.kind == "replace"]
    while gone:
        lost = frozenset(gone)
        gone = []
        for urn, (before, after) in stay.items():
            known = changes.get(urn)
            if known is not None and known.kind == "replace":
                continue
            changed = _with(before, after, known, lost, replaces)
            if changed is not None and changed != known:
                changes[urn] = changed
                if changed.kind == "replace":
                    gone.append(urn)
    return changes


def _with(
    before: Resource, after: Resource, known: Change | None, lost: frozenset[str], replaces: Replaces
) -> Change | None:
    """What becomes of a resource when some others are replaced; None where nothing does."""
    change = known or Change("change", before, after)
    tied = next((urn for urn in sorted(after.replaced_with) if urn in lost), None)
    if tied is None and after.provider in lost:
        tied = after.provider
    if tied is None and after.type == _KUBERNETES:
        tied = _cluster_of(after, lost)
    if tied is not None:
        return replace(change, kind="replace", goes_with=tied, known_by=WITH)
    anew = {key: urn for key in after.depends if (urn := _source(after, key, lost)) is not None}
    if not anew:
        return None
    properties = [
        Property(key, HIDDEN if secretive(key) else shown(before.inputs.get(key)), LATER)
        for key in sorted(anew)
    ]
    there = {each.path for each in change.properties}
    change = replace(
        change, properties=(*change.properties, *(each for each in properties if each.path not in there))
    )
    forced = replaces(after.type, frozenset(anew)) or frozenset()
    if "*" in after.replaced_for:
        forced = frozenset(anew)
    forced |= anew.keys() & set(after.replaced_for)
    if not forced:
        return replace(change, known_by=change.known_by or WITH)
    first = sorted(forced)[0]
    return replace(
        change, kind="replace", forced_by=tuple(sorted(forced)), goes_with=anew[first], known_by=WITH
    )


def _source(resource: Resource, key: str, lost: frozenset[str]) -> str | None:
    """The replaced resource that an input takes a value from which is not known beforehand."""
    if not unknown(resource.inputs.get(key)):
        return None
    return next((urn for urn in sorted(resource.depends[key]) if urn in lost), None)


def _cluster_of(provider: Resource, lost: frozenset[str]) -> str | None:
    """The replaced cluster that a Kubernetes provider speaks to: all that is in it goes with it."""
    value = provider.inputs.get(_KUBECONFIG)
    if not (unknown(value) or value == HIDDEN):
        return None
    return next(
        (
            urn
            for urn in sorted({*provider.depends.get(_KUBECONFIG, ()), *provider.waits_for})
            if urn in lost and urn.split("::")[-2].lower().endswith("cluster")
        ),
        None,
    )
