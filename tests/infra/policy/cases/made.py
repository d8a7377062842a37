"""Resources as a rule sees them, and what a rule says to good and bad ones."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from infra.review.resource import Resource


@dataclass(frozen=True)
class Case:
    """Stacks that keep a rule and stacks that break it."""

    good: Sequence[Resource]
    bad: Sequence[Resource]
    at: str = "it"
    """Name of the resource that breaks it."""
    stack: str = "s"
    """Name of the stacks."""


def made(kind: str, name: str = "it", /, provider: str = "", **inputs: Any) -> Resource:
    """A resource that a program declares. ``depends__KEY`` are the URNs that an input comes from."""
    depends = {
        key.removeprefix("depends__"): tuple(urns)
        for key, urns in inputs.items()
        if key.startswith("depends__")
    }
    plain = {key: value for key, value in inputs.items() if not key.startswith("depends__")}
    return Resource(
        urn(kind, name), kind, "create", inputs=copy.deepcopy(plain), depends=depends, provider=provider
    )


def urn(kind: str, name: str = "it") -> str:
    """The URN of a resource."""
    return f"urn:pulumi:s::p::{kind}::{name}"


def policy(*statements: Mapping[str, Any]) -> str:
    """A policy document."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action: Any, resource: Any = "arn:aws:s3:::a/*", **rest: Any) -> dict[str, Any]:
    """A statement that allows something."""
    return {"Sid": "One", "Effect": "Allow", "Action": action, "Resource": resource, **rest}
