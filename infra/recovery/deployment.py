"""A state with what was found in it, for the engine to read anew."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from infra.recovery.identify import ById


def with_found(deployment: Mapping[str, Any], found: Mapping[str, ById]) -> dict[str, Any]:
    """``deployment`` without open operations, and with what was being made as a resource, by URN.

    A resource without outputs is imported by the next refresh, which every up begins with for those that say
    ``refreshBeforeUpdate``: what the cloud does not have goes out of the state again, whoever reads it first.
    """
    result = copy.deepcopy(dict(deployment))
    resources: list[dict[str, Any]] = result.setdefault("resources", [])
    for operation in result.get("pending_operations") or []:
        known = found.get(operation["resource"]["urn"])
        if known is not None:
            _put(resources, operation["resource"], known)
    result["pending_operations"] = []
    return result


def _put(resources: list[dict[str, Any]], wanted: Mapping[str, Any], known: ById) -> None:
    made = {
        **wanted,
        "id": known.id,
        "outputs": dict(wanted.get("inputs") or {}) if known.as_declared else {},
        "refreshBeforeUpdate": True,
    }
    for index, old in enumerate(resources):
        if old["urn"] == wanted["urn"] and not old.get("delete"):
            if old.get("pendingReplacement"):  # the one before it is gone already
                resources[index] = made
            else:  # it stands beside the one that it replaces, which goes at the end of an up
                old["delete"] = True
                resources.insert(index, made)
            return
    resources.append(made)


__all__ = ["with_found"]
