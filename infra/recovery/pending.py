"""The operations that a state names as begun and not ended."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

_SIGNATURE: Final = "4dabf18193072939515e22adb298388d"
_PROVIDER: Final = "pulumi:providers:"

State = Mapping[str, Any]
"""A resource as a deployment has it."""


@dataclass(frozen=True)
class Pending:
    """One operation that was begun.

    ``inputs`` are those of the resource, secrets laid open, with its provider's default tags among its own.
    """

    urn: str
    type: str
    operation: str
    inputs: Mapping[str, Any]
    provider: str
    """The URN of its provider, "" where it has none."""
    id: str
    """The id that the engine knew, "" of what was being made."""
    made_by_cloud: bool
    """Whether a plugin makes it: components and providers are the engine's own."""

    @property
    def name(self) -> str:
        """Its name in the program."""
        return self.urn.rpartition("::")[2]

    def __str__(self) -> str:
        return f"{self.name} ({self.type})"


def pending(deployment: State) -> list[Pending]:
    """The open operations of a deployment whose secrets are shown, each resource once."""
    found: dict[str, Pending] = {}
    providers = {one["urn"]: one for one in deployment.get("resources") or []}
    for operation in deployment.get("pending_operations") or []:
        resource = operation["resource"]
        type = str(resource["type"])
        provider = str(resource.get("provider") or "").rpartition("::")[0]
        inputs = plain(resource.get("inputs") or {})
        if tags := _default_tags(providers.get(provider, {})):
            inputs["tags"] = {**tags, **(inputs.get("tags") or {})}
        found[resource["urn"]] = Pending(
            urn=resource["urn"],
            type=type,
            operation=operation["type"],
            inputs=inputs,
            provider=provider,
            id=str(resource.get("id") or ""),
            made_by_cloud=bool(resource.get("custom")) and not type.startswith(_PROVIDER),
        )
    return list(found.values())


def _default_tags(provider: State) -> Mapping[str, str]:
    """The tags that an AWS provider puts on everything: text of JSON, as all that is nested in a provider."""
    found = plain((provider.get("inputs") or {}).get("defaultTags"))
    value = json.loads(found) if isinstance(found, str) else found
    return dict((value or {}).get("tags") or {})


def plain(value: Any) -> Any:
    """A value of a deployment with its secrets laid open."""
    if isinstance(value, Mapping):
        if _SIGNATURE in value:
            return plain(json.loads(value["plaintext"])) if "plaintext" in value else None
        return {key: plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, list) else value


__all__ = ["Pending", "State", "pending", "plain"]
