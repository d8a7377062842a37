"""What every service refuses, told by an input's name: CIDR blocks, JSON documents, ports."""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Mapping
from typing import Any

from rehearsal.plugins.backend import Properties, Refused

_DOCUMENTS = frozenset({"policy", "assumeRolePolicy", "eventPattern", "redrivePolicy", "configurationValues"})
_PORTS = frozenset({"fromPort", "toPort"})


def check_common(inputs: Properties) -> None:
    """Raise Refused for the first value that is wrong whatever the type; UNKNOWN values pass."""
    for key, value in inputs.items():
        _check(key, key, value)


def _check(top: str, key: str, value: Any) -> None:
    if isinstance(value, Mapping):
        for name, item in value.items():
            _check(top, name, item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            _check(top, key, item)
    elif isinstance(value, str) and _is_cidr(key):
        try:
            ipaddress.ip_network(value)
        except ValueError as error:
            raise Refused(f"{key} is {value!r}, which is no CIDR block: {error}.", property=top) from None
    elif isinstance(value, str) and key in _DOCUMENTS:
        try:
            json.loads(value)
        except json.JSONDecodeError as error:
            raise Refused(f"{key} is no JSON document: {error}.", property=top) from None
    elif key in _PORTS and isinstance(value, (int, float)) and not -1 <= value <= 65535:
        raise Refused(f"{key} is {value}, and must be a port of 0 to 65535 (or -1 for all).", property=top)


def _is_cidr(key: str) -> bool:
    bare = key.lower()
    return bare.endswith(("cidrblock", "cidrblocks", "cidripv4", "cidripv6", "cidr", "cidrs"))


__all__ = ["check_common"]
