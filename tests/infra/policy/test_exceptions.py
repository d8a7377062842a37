"""Exceptions: they let pass what they name, for as long as they say; what has run out refuses, and says "
"so."""

from __future__ import annotations

from datetime import date

from infra.policy.engine_stack import KEY, exceptions
from infra.policy.findings import findings
from infra.policy.judge import judge
from infra.policy.rules import RULES
from infra.policy.stack import Stack
from infra.review.preview import Preview
from infra.settings.policy import PolicyException
from tests.infra.policy.cases.made import made

TODAY = date(2026, 11, 28)
HOLD = [rule for rule in RULES if rule.name == "estate-policy-exceptions-hold"]
LOGS = [rule for rule in RULES if rule.name == "aws-logs-expire"]
GROUP = made("aws:cloudwatch/logGroup:LogGroup", "audit-eu")


def exempt(
    rule: str = "aws-logs-expire", resource: str = "audit-*", expires: date = TODAY
) -> PolicyException:
    return PolicyException(
        rule=rule,
        resource=resource,
        owner="platform@example.org",
        reason="the auditors keep these logs, and pay for them",
        expires=expires,
    )


def stack(*exempted: PolicyException) -> Stack:
    return Stack("s", {GROUP.urn: GROUP}, exempted, TODAY)


def told(*exempted: PolicyException) -> list[str]:
    return [breach.text for breach in judge(stack(*exempted), HOLD)]


def test_an_exception_lets_its_resource_pass_until_its_last_day() -> None:
    (breach,) = judge(stack(exempt()), LOGS)
    assert not breach.refuses
    assert told(exempt()) == []
    for other in (exempt(resource="audit-us"), exempt(rule="aws-kms-rotation")):
        (breach,) = judge(stack(other), LOGS)
        assert breach.refuses


def test_one_that_has_run_out_refuses_and_says_so() -> None:
    late = exempt(expires=date(2026, 11, 27))
    (breach,) = judge(stack(late), LOGS)
    assert breach.refuses
    assert told(late) == ["has an exception from aws-logs-expire for audit-* that ran out on 2026-11-27"]
    assert HOLD[0].refuses


def test_one_that_names_nothing_refuses() -> None:
    assert told(exempt(rule="aws-logs-expired")) == [
        "has an exception from aws-logs-expired, which is no rule"
    ]
    assert told(exempt(resource="audits")) == [
        "has an exception from aws-logs-expire for audits, of which there is none"
    ]


def test_the_review_tells_what_an_exception_lets_pass_and_who_says_so() -> None:
    preview = Preview("s", {}, {GROUP.urn: GROUP}, {})
    (finding,) = findings(preview, [exempt()], LOGS, TODAY)
    assert not finding.refuses
    assert (
        "platform@example.org lets it pass until 2026-11-28: the auditors keep these logs" in finding.reason
    )
    (finding,) = findings(preview, (), LOGS, TODAY)
    assert finding.refuses
    assert finding.reason.startswith("audit-eu (aws:cloudwatch/logGroup:LogGroup) keeps its logs for ever. ")


def test_the_engine_hands_them_over_as_json_with_days_of_its_own() -> None:
    written = (
        '{"exceptions": [{"rule": "aws-logs-expire", "resource": "audit-*", "owner": "platform@example.org", '
        '"reason": "the auditors keep these logs, and pay for them", '
        '"expires": "2026-11-28 00:00:00 +0000 UTC"}]}'
    )
    assert exceptions({KEY: written}) == (exempt(),)
    # A wrong section is refused by the program, and lets nothing pass here.
    assert exceptions({KEY: '{"exceptions": [{"rule": "aws-logs-expire"}]}'}) == ()
    assert exceptions({}) == ()
