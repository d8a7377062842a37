"""Findings as SARIF 2.1.0, which forges show beside the lines of a change."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Final

from infra.policy.rule import Rule
from infra.policy.rules import RULES
from infra.review.finding import Finding, Severity

SCHEMA: Final = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
LEVELS: Final[Mapping[Severity, str]] = {
    "critical": "error",
    "high": "error",
    "medium": "error",
    "low": "note",
}
"""What refuses is an error; the level of a finding that an exception lets pass stays, and it is "
"suppressed."""
SCORES: Final[Mapping[Severity, str]] = {"critical": "9.5", "high": "8.0", "medium": "5.5", "low": "2.0"}
"""GitHub sorts by them: from 9.0 critical, from 7.0 high, from 4.0 medium (docs.github.com, "SARIF support
for code scanning", properties.security-severity, 2026-11-28)."""
PAGE: Final = "docs/policy.md"


def sarif(findings: Iterable[Finding], rules: Iterable[Rule] = RULES, where: str = "") -> dict[str, Any]:
    """A SARIF log of one run.

    Args:
        findings: of the review.
        rules: those that were asked.
        where: the file that a finding is about where it does not say it itself, such as the stack file.
    """
    known = {rule.name: rule for rule in rules}
    index = {name: number for number, name in enumerate(known)}
    return {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "isthmus",
                        "version": _version(),
                        "rules": [_rule(rule) for rule in known.values()],
                    }
                },
                "columnKind": "unicodeCodePoints",
                "results": [_result(each, index, where) for each in findings],
            }
        ],
    }


def text(findings: Iterable[Finding], rules: Iterable[Rule] = RULES, where: str = "") -> str:
    """The log as it stands in a file."""
    return json.dumps(sarif(findings, rules, where), indent=2, ensure_ascii=False) + "\n"


def _rule(rule: Rule) -> dict[str, Any]:
    links = "".join(f"\n- [{reference}]({reference.url})" for reference in rule.references)
    described: dict[str, Any] = {
        "id": rule.name,
        "shortDescription": {"text": f"{rule.title}."},
        "fullDescription": {"text": f"{rule.reason}."},
        "help": {
            "text": f"{rule.reason}. What to do: {rule.remedy}.",
            "markdown": f"{rule.reason}.\n\n**What to do:** {rule.remedy}.\n{links}",
        },
        "defaultConfiguration": {"level": LEVELS[rule.severity]},
        "properties": {
            "tags": [rule.domain, *map(str, rule.references)],
            "security-severity": SCORES[rule.severity],
            "precision": "very-high",
        },
    }
    if rule.references and rule.references[0].url.startswith("https://"):
        described["helpUri"] = rule.references[0].url
    return described


def _result(finding: Finding, index: Mapping[str, int], where: str) -> dict[str, Any]:
    told: dict[str, Any] = {
        "ruleId": finding.rule,
        "level": LEVELS[finding.severity],
        "message": {"text": f"{finding.reason} What to do: {finding.remedy}."},
        # The same from run to run, so that a forge knows a finding again.
        "partialFingerprints": {
            "isthmus/v1": hashlib.sha256(f"{finding.rule}\n{finding.urn}".encode()).hexdigest()
        },
        "locations": [_location(finding, where)],
    }
    if finding.rule in index:
        told["ruleIndex"] = index[finding.rule]
    if not finding.refuses and not finding.stood and finding.severity != "low":
        told["suppressions"] = [{"kind": "external", "justification": finding.reason}]
    return told


def _location(finding: Finding, where: str) -> dict[str, Any]:
    location: dict[str, Any] = {}
    if file := finding.file or where:
        place: dict[str, Any] = {"artifactLocation": {"uri": file, "uriBaseId": "%SRCROOT%"}}
        place["region"] = {"startLine": max(finding.line, 1)}
        location["physicalLocation"] = place
    if finding.urn:
        *_, types, name = finding.urn.split("::")
        kind = types.rpartition("$")[2]
        location["logicalLocations"] = [
            {
                "name": name,
                "fullyQualifiedName": finding.urn,
                "kind": "resource",
                "properties": {"type": kind},
            }
        ]
    return location


def _version() -> str:
    try:
        return version("isthmus")
    except PackageNotFoundError:  # a clone that is not installed
        return "0"
