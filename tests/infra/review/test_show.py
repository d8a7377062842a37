"""How a verdict is shown: nothing that others wrote becomes markup, no comment is too long, the JSON fits."""

from __future__ import annotations

import json
import re
from typing import Any

import jsonschema
import pytest

from infra.review.finding import Finding
from infra.review.show import markdown, page, plain
from infra.review.show.drawing import drawing
from infra.review.show.markdown import MOST_BYTES, code, escaped, marker
from infra.review.show.report import SCHEMA_FILE, schema
from infra.review.verdict import Verdict
from tests.infra.review.changes import BUCKET, GROUP, SUBNET, VPC, judged, preview, state

HOSTILE = "<img src=x onerror=alert(1)>|`a``b` **c** [d](http://e) @f #1 </details> <!-- g --> {{ 7*7 }}"


def changed(name: str = "b", count: int = 1, **rest: Any) -> Verdict:
    before = preview(*(state(BUCKET, f"{name}{number}", {"tags": {"a": "1"}}) for number in range(count)))
    after = preview(*(state(BUCKET, f"{name}{number}", {"tags": {"a": name}}) for number in range(count)))
    return judged(before, after, **rest)


def test_the_published_schema_is_that_of_the_models_and_what_is_printed_fits_it() -> None:
    assert SCHEMA_FILE.read_text() == schema(), "python -m infra.review.show writes it anew"
    finding = Finding("r", "t", "high", "why", "what to do", ("CIS 1",), "urn::b0", "f.yaml", 3)
    for verdict in (changed(), changed(HOSTILE), changed(count=0 + 3, findings=[finding])):
        written = plain(verdict)
        jsonschema.validate(written, json.loads(schema()))
        assert json.loads(json.dumps(written)) == written


def test_a_finding_refuses_unless_it_is_told_only() -> None:
    def outcome(refuses: bool) -> str:
        finding = Finding("rule", "t", "high", "why", "remedy", refuses=refuses)
        verdict = changed(findings=[finding])
        assert "rule" in markdown(verdict)
        assert "remedy" in page(verdict)
        return verdict.outcome

    assert (outcome(True), outcome(False)) == ("refused by policy", "good")


def test_what_others_wrote_is_no_markup() -> None:
    verdict = changed(HOSTILE)
    html = page(verdict)
    assert "<img" not in html
    assert "&lt;img" in html
    assert "49" not in html
    text = markdown(verdict)
    for line in text.splitlines():
        outside = re.sub(r"(`+)(?!`).*?(?<!`)\1(?!`)", "", line)
        assert "<img" not in outside, line
        assert "@f" not in outside, line
    assert text.count("</details>") - text.count(code(HOSTILE)[:20]) >= 0
    assert text.count("<!--") <= 1 + text.count("<!-- g")


@pytest.mark.parametrize(
    "text", [HOSTILE, "a\n# b", "- [ ] x", "www.evil.example", "<b>", "a\x1b[2Jb", "`", "``` ` "]
)
def test_escapes_hold_on_one_line(text: str) -> None:
    for made in (escaped(text), code(text)):
        assert "\n" not in made
        assert "\x1b" not in made
    assert not re.search(r"(?<!\\)[*_`\[\]|]|<|@|://|\bwww\.", escaped(text))
    fence = re.match("`*", code(text))
    assert fence is not None
    inner = code(text)[len(fence[0]) : -len(fence[0])]
    assert fence[0] not in re.findall("`+", inner)


def test_the_comment_is_found_again_and_is_never_too_long() -> None:
    small, large = markdown(changed()), markdown(changed("b" * 400, 3000))
    assert small.splitlines()[0] == marker("s") == "<!-- isthmus-review: s -->"
    assert large.splitlines()[0] == marker("s")
    assert len(large.encode()) <= MOST_BYTES
    assert re.search(r"and \d+ more, in the JSON and on the page", large)
    assert "more, in the JSON" not in small
    assert large.count("<details>") == large.count("</details>")
    assert marker("-->`") == "<!-- isthmus-review: --__ -->"


def test_the_drawing_is_that_of_the_preview() -> None:
    resources = preview(
        state(VPC, "v", {"cidrBlock": "10.0.0.0/16"}),
        *(state(SUBNET, f"s{number}") for number in range(6)),
        state(GROUP, "g", {"instanceTypes": ["g5.xlarge"], "scalingConfig": {"minSize": 1, "maxSize": 4}}),
        state("openstack:compute/instance:Instance", "web", {"flavorName": "m1.large"}),
        state("aws:ec2/vpnConnection:VpnConnection", "link"),
        state("aws:sns/topic:Topic", "t"),
    ).after
    group = next(urn for urn in resources if urn.endswith("::g"))
    found = drawing(resources, {group: "replace"})
    assert [site.name for site in found.sites] == ["OpenStack", "AWS"]
    aws = found.sites[1].areas
    assert [(box.name, box.detail) for box in aws["Network"]] == [
        ("6 that stay as they are", ""),
        ("v", "10.0.0.0/16"),
    ]
    (pool,) = aws["Pools and machines"]
    assert (pool.detail, pool.kind) == ("1 to 4, g5.xlarge", "replace")
    assert [box.name for box in found.link] == ["link"]
    assert found.sites[1].rest == (("aws:sns/topic:Topic", 1),)
