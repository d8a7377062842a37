"""``aws.iam.getPolicyDocument``: statements in, the JSON of a policy out."""

from __future__ import annotations

import json
import zlib
from typing import Any

from rehearsal.plugins.aws.cloud import Cloud
from rehearsal.plugins.backend import Properties, Refused

_LISTS = {
    "actions": "Action",
    "notActions": "NotAction",
    "resources": "Resource",
    "notResources": "NotResource",
}


def build(_cloud: Cloud, arguments: Properties) -> Properties:
    """Merges ``sourcePolicyDocuments``, statements, ``overridePolicyDocuments`` (by Sid, later wins)."""
    statements: list[dict[str, Any]] = []
    for text in arguments.get("sourcePolicyDocuments") or []:
        statements += _statements_of(text)
    statements += [_statement(inputs) for inputs in arguments.get("statements") or []]
    for text in arguments.get("overridePolicyDocuments") or []:
        for override in _statements_of(text):
            sid = override.get("Sid")
            same = [i for i, other in enumerate(statements) if sid and other.get("Sid") == sid]
            if same:
                statements[same[0]] = override
            else:
                statements.append(override)
    document: dict[str, Any] = {"Version": arguments.get("version") or "2012-10-17"}
    if arguments.get("policyId"):
        document["Id"] = arguments["policyId"]
    document["Statement"] = statements
    text = json.dumps(document, indent=2)
    return {
        **arguments,
        "id": str(zlib.crc32(text.encode())),
        "json": text,
        "minifiedJson": json.dumps(document),
    }


def _statement(inputs: Properties) -> dict[str, Any]:
    statement: dict[str, Any] = {}
    if inputs.get("sid"):
        statement["Sid"] = inputs["sid"]
    effect = inputs.get("effect") or "Allow"
    if effect not in ("Allow", "Deny"):
        raise Refused(
            f"A statement's effect is {effect!r}, and must be Allow or Deny.", property="statements"
        )
    statement["Effect"] = effect
    for key, name in _LISTS.items():
        if inputs.get(key):
            statement[name] = _single(sorted(inputs[key]))
    for key, name in (("principals", "Principal"), ("notPrincipals", "NotPrincipal")):
        if inputs.get(key):
            statement[name] = _principals(inputs[key])
    conditions: dict[str, dict[str, Any]] = {}
    for condition in inputs.get("conditions") or []:
        conditions.setdefault(condition["test"], {})[condition["variable"]] = _single(condition["values"])
    if conditions:
        statement["Condition"] = conditions
    return statement


def _principals(principals: list[Properties]) -> Any:
    if any(p["type"] == "*" for p in principals):
        return "*"
    merged: dict[str, list[str]] = {}
    for principal in principals:
        merged.setdefault(principal["type"], []).extend(principal["identifiers"])
    return {kind: _single(sorted(names)) for kind, names in merged.items()}


def _single(values: list[str]) -> Any:
    return values[0] if len(values) == 1 else values


def _statements_of(text: str) -> list[dict[str, Any]]:
    try:
        found = json.loads(text).get("Statement", [])
    except (json.JSONDecodeError, AttributeError):
        raise Refused("A source or override policy document is no JSON policy.") from None
    return found if isinstance(found, list) else [found]


__all__ = ["build"]
