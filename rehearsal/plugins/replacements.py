"""What the stand-ins know of replacements, for whoever compares two previews with no state of a cloud."""

from __future__ import annotations

import re

from rehearsal.plugins.backend import UnknownType

_IDENTITY = frozenset({"apiVersion", "kind", "metadata.name", "metadata.namespace"})


def replaces(type: str, paths: frozenset[str]) -> frozenset[str] | None:
    """Which of some changed inputs of a resource type force a replacement; None for a type without a row.

    ``paths`` are as a preview names them: ``spec.template.spec.containers[0].image``.
    """
    match type.partition(":")[0]:
        case "aws":
            return _by_keys(type, paths)
        case "openstack":
            return _of_openstack(type, paths)
        case "kubernetes":
            return _of_kubernetes(type, paths)
        case "pulumi":
            # A provider itself; whether it then speaks to another cloud, no schema says.
            return frozenset()
    return None


def _by_keys(type: str, paths: frozenset[str]) -> frozenset[str] | None:
    from rehearsal.plugins.aws.types import ROWS

    row = ROWS.get(type)
    if row is None:
        return None
    forced = row.replaces(frozenset(map(_key, paths)))
    return frozenset(path for path in paths if _key(path) in forced)


def _of_openstack(type: str, paths: frozenset[str]) -> frozenset[str] | None:
    from rehearsal.plugins.openstack.rows import ROWS

    row = ROWS.get(type)
    return None if row is None else frozenset(path for path in paths if _key(path) in row.forces)


def _of_kubernetes(type: str, paths: frozenset[str]) -> frozenset[str] | None:
    from rehearsal.plugins.kubernetes.rows import row_of

    try:
        row = row_of(type)
    except UnknownType:
        return None
    immutable = _IDENTITY | set(row.replaces)
    return frozenset(
        path
        for path in paths
        if any(path == each or path.startswith((f"{each}.", f"{each}[")) for each in immutable)
    )


def _key(path: str) -> str:
    return re.split(r"[.\[]", path, maxsplit=1)[0]
