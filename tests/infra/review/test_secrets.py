"""What is secret in a preview or a stack file is in no form of the review; neither is what is named so."""

from __future__ import annotations

import json
from typing import Any

import pytest

from infra.review.change.settings_change import settings_changes
from infra.review.change.values import SIGNATURE
from infra.review.drift.drift import drift
from infra.review.drift.show import markdown as issue
from infra.review.preview import read
from infra.review.show import markdown, page, plain
from infra.settings.cost import CostSettings
from tests.infra.review.changes import judged, preview, state

OLD, NEW = "hunter2-before", "hunter2-after"
DEPLOYMENT, SECRET = "kubernetes:apps/v1:Deployment", "kubernetes:core/v1:Secret"
DATABASE = "aws:rds/instance:Instance"


def variables(value: str) -> dict[str, Any]:
    env = [{"name": "DB_PASSWORD", "value": value}, {"name": "LOG", "value": "all"}]
    return {"spec": {"template": {"spec": {"containers": [{"name": "c", "env": env}]}}}}


def signed(value: str) -> dict[str, str]:
    return {SIGNATURE[0]: SIGNATURE[1], "plaintext": json.dumps(value)}


@pytest.mark.parametrize(
    ("kind", "inputs"),
    [
        (DATABASE, lambda value: {"password": value}),
        (DATABASE, lambda value: {"masterUserPassword": value, "size": 3}),
        (DATABASE, lambda value: {"settings": [{"apiKey": value}] * (1 if value == OLD else 2)}),
        (DATABASE, lambda value: {"note": signed(value)}),
        (DATABASE, lambda value: {"document": json.dumps({"auth": {"client_secret": value}})}),
        ("aws:ec2/vpnConnection:VpnConnection", lambda value: {"tunnel1PresharedKey": value}),
        (DEPLOYMENT, variables),
        (SECRET, lambda value: {"data": {"anything": value}}),
        (SECRET, lambda value: {"stringData": {"anything": {"deep": value}}}),
    ],
)
def test_secrets_are_in_no_form_of_a_review(kind: str, inputs: Any) -> None:
    before, after = (preview(state(kind, "it", inputs(value))) for value in (OLD, NEW))
    verdict = judged(before, after)
    assert len(verdict.judged) == 1
    assert verdict.judged[0].change.properties
    for text in (markdown(verdict), page(verdict), json.dumps(plain(verdict))):
        assert "hunter2" not in text
    assert "[secret]" in json.dumps(plain(verdict))


def test_what_is_no_secret_is_told() -> None:
    before, after = (preview(state(DEPLOYMENT, "it", variables("x"))) for _ in range(2))
    inputs = after.after[next(iter(after.after))].inputs
    inputs["spec"]["template"]["spec"]["containers"][0]["env"][1]["value"] = "none"
    assert "`all` → `none`" in markdown(judged(before, after))
    before, after = (preview(state(DATABASE, "it", {"passwordLength": n})) for n in (8, 12))
    assert "`8` → `12`" in markdown(judged(before, after))


def test_secrets_are_in_no_issue_about_drift() -> None:
    states = [state(DATABASE, "it", {"password": value}) for value in (OLD, NEW)]
    step = {"op": "update", "urn": states[0]["urn"], "oldState": states[0], "newState": states[1]}
    same = {"op": "refresh", "urn": "urn:pulumi:s::p::a:b:C::c", "newState": state("a:b:C", "c")}
    found = drift(read(json.dumps({"steps": [same, step]}), "a refresh"), CostSettings())
    assert len(found.moved) == 1
    assert "hunter2" not in issue(found)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("p: { secure: AAABhunter2 }", "p: { secure: AAAChunter2 }"),
        ("q: 1", "s: { deep: { key: { secure: AAAChunter2 } } }"),
        (f"db_password: {OLD}", f"db_password: {NEW}"),
    ],
)
def test_secrets_of_a_stack_file_are_not_told(old: str, new: str) -> None:
    def text(line: str) -> bytes:
        return f"config:\n  isthmus:training:\n    {line}\n".encode()

    found = settings_changes(text(old), text(new), "f.yaml")
    assert found
    assert not any("hunter2" in f"{each.before}{each.after}{each}" for each in found)
