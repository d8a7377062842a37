"""The inputs of ``pulumi:providers:aws``, as far as a stand-in heeds them."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from typing import Any

from rehearsal.plugins.backend import Properties, Refused, Unknown


@dataclass(frozen=True)
class ProviderConfig:
    """``endpoints``: address per service, empty for a stack of the real cloud (only previewed)."""

    region: str
    endpoints: dict[str, str] = field(default_factory=dict)
    default_tags: dict[str, str] = field(default_factory=dict)
    account: str = ""

    def url(self, service: str) -> str:
        """The address of one service; one given for any service serves all of them."""
        return self.endpoints.get(service) or next(iter(self.endpoints.values()), "")


def parse(config: Properties) -> ProviderConfig:
    """Provider inputs arrive with their nested values as JSON. Raises Refused without a region."""
    values = {key: _decoded(value) for key, value in config.items()}
    region = values.get("region") or os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    if isinstance(region, Unknown):
        region = "us-east-1"
    if not region:
        raise Refused("The aws provider has no region: set aws:region in the stack file.", property="region")
    endpoints: dict[str, str] = {}
    for entry in values.get("endpoints") or []:
        endpoints.update({k: v for k, v in entry.items() if isinstance(v, str) and v})
    default = values.get("defaultTags") or {}
    tags = default.get("tags") if isinstance(default, dict) else None
    accounts = values.get("allowedAccountIds") or []
    return ProviderConfig(
        region=str(region),
        endpoints=endpoints,
        default_tags={k: v for k, v in (tags or {}).items() if isinstance(v, str)},
        account=next((a for a in accounts if isinstance(a, str)), ""),
    )


def _decoded(value: Any) -> Any:
    if isinstance(value, str) and value[:1] in ("[", "{"):
        try:
            return json.loads(value)
        except json.JSONDecodeError:
            return value
    return value


__all__ = ["ProviderConfig", "parse"]
