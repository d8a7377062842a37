"""The breaches of a preview as the review tells them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from infra.policy.judge import Breach, judge
from infra.policy.rule import Rule
from infra.policy.rules import RULES
from infra.policy.stack import Stack
from infra.review.finding import Finding
from infra.review.preview import Preview
from infra.settings.policy import PolicyException


def findings(
    preview: Preview,
    exceptions: Iterable[PolicyException] = (),
    rules: Iterable[Rule] = RULES,
    today: date | None = None,
) -> tuple[Finding, ...]:
    """What the rules hold against what a preview would leave; what an exception lets pass is told, too.

    Args:
        preview: of this program or of a stranger's.
        exceptions: of the stack file.
        rules: all, where none are named.
        today: the day on which exceptions are looked at.
    """
    stack = Stack(preview.stack, preview.after, tuple(exceptions), today or date.today())
    return tuple(finding(breach) for breach in judge(stack, rules))


def finding(breach: Breach) -> Finding:
    """A breach as the review tells it."""
    rule, let_pass = breach.rule, breach.exception
    reason = f"{breach.sentence}. {rule.reason}."
    if let_pass is not None:
        reason += (
            f" {let_pass.owner} lets it pass until {let_pass.expires.isoformat()}: "
            f"{let_pass.reason.rstrip('.')}."
        )
    return Finding(
        rule=rule.name,
        title=rule.title,
        severity=rule.severity,
        reason=reason,
        remedy=rule.remedy,
        references=tuple(map(str, rule.references)),
        urn=breach.resource.urn,
        refuses=breach.refuses,
    )
