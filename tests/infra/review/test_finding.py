"""A change is refused for what it brings, never for what stood before it."""

from __future__ import annotations

from dataclasses import replace

from infra.policy.rules import RULES
from infra.policy.sarif import sarif
from infra.review.finding import EXCEPTIONS, Finding, new_alone
from infra.review.show import markdown, page, plain
from tests.infra.review.changes import BUCKET, judged, preview, state

OPEN = Finding("aws-s3-no-public-acl", "t", "critical", "b is public", "remedy", urn="urn::b")


def test_what_stood_is_told_and_what_is_new_refuses() -> None:
    worse = replace(OPEN, reason="b is public, and c reads it")
    other = replace(OPEN, urn="urn::c")
    found = list(new_alone([OPEN, other], [OPEN]))
    assert [(each.refuses, each.stood) for each in found] == [(False, True), (True, False)]
    assert [each.refuses for each in new_alone([worse], [OPEN])] == [True]
    assert [each.refuses for each in new_alone([OPEN], [])] == [True]


def test_what_an_exception_let_pass_before_refuses_where_it_is_taken_out() -> None:
    assert [each.refuses for each in new_alone([OPEN], [replace(OPEN, refuses=False)])] == [True]


def test_an_exception_that_ran_out_refuses_however_long_ago() -> None:
    assert EXCEPTIONS in {rule.name for rule in RULES}
    over = replace(OPEN, rule=EXCEPTIONS)
    assert [each.refuses for each in new_alone([over], [over])] == [True]


def test_it_is_shown_as_what_it_is() -> None:
    before, after = preview(state(BUCKET, "b")), preview(state(BUCKET, "b"), state(BUCKET, "c"))
    (stood,) = new_alone([OPEN], [OPEN])
    verdict = judged(before, after, findings=[stood])
    assert verdict.outcome == "good"
    assert "stood before this change" in markdown(verdict)
    assert "critical, stood before" in page(verdict)
    assert plain(verdict)["findings"][0]["stood"] is True
    assert "suppressions" not in sarif([stood])["runs"][0]["results"][0]
