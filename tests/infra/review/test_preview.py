"""Previews are read as others wrote them: of strangers' programs, and of whoever means harm."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from infra.review.errors import NO_VERDICT, CannotJudge
from infra.review.preview import MOST_BYTES, read, read_file

STRANGERS = Path(__file__).parent / "strangers"
URN = "urn:pulumi:s::p::aws:s3/bucket:Bucket::b"


def step(op: str = "create", **states: Any) -> dict[str, Any]:
    """A step of a preview; without states, of a bucket that would be made."""
    bucket = {"urn": URN, "type": "aws:s3/bucket:Bucket", "custom": True}
    return {"op": op, "urn": URN, **(states or {"newState": bucket})}


def test_resources_come_with_what_holds_and_feeds_them() -> None:
    preview = read_file(STRANGERS / "eks_cluster.json")
    by_name = {(each.type, each.name): each for each in preview.after.values()}
    workers = by_name["aws:eks/nodeGroup:NodeGroup", "workers"]

    assert preview.stack == "live"
    assert workers.inputs["scalingConfig"]["maxSize"] == 4
    assert [above.name for above in preview.ancestors(workers)] == ["k"]
    assert workers.depends["clusterName"] == (by_name["aws:eks/cluster:Cluster", "k"].urn,)
    assert preview.after[workers.provider].inputs["region"] == "eu-west-1"
    assert not by_name["eks:index:Cluster", "k"].custom


def test_both_sides_of_a_change_are_told_apart() -> None:
    preview = read_file(STRANGERS / "static_site.json")

    def side(resources: Any) -> dict[str, str]:
        return {each.name: each.operation for each in resources.values() if each.package == "aws"}

    assert side(preview.before) == {"content": "same", "left": "delete", "preview": "update"}
    assert "left" not in side(preview.after)
    assert side(preview.after)["cdn"] == "create"


def test_a_replacement_is_one_resource_on_each_side() -> None:
    old = {"urn": URN, "type": "aws:s3/bucket:Bucket", "custom": True, "inputs": {"bucket": "old"}}
    new = {**old, "inputs": {"bucket": "new"}}
    steps = [
        step("create-replacement", oldState=old, newState=new),
        step("replace", oldState=old, newState=new),
        step("delete-replaced", oldState=old),
    ]
    preview = read(json.dumps({"steps": steps}), "p")
    assert [each.inputs["bucket"] for each in preview.before.values()] == ["old"]
    assert [each.inputs["bucket"] for each in preview.after.values()] == ["new"]


def test_a_component_in_itself_ends() -> None:
    one, two = "urn:pulumi:s::p::my:Part::one", "urn:pulumi:s::p::my:Part::two"
    steps = [
        step(newState={"urn": URN, "type": "aws:s3/bucket:Bucket", "parent": one}),
        step(newState={"urn": one, "type": "my:Part", "parent": two}),
        step(newState={"urn": two, "type": "my:Part", "parent": one}),
    ]
    preview = read(json.dumps({"steps": steps}), "p")
    assert [above.name for above in preview.ancestors(preview.after[URN])] == ["one", "two"]


BAD: dict[str, Any] = {
    "nothing": b"",
    "no JSON": b"<html><script>alert(1)</script></html>",
    "half": b'{"steps": [',
    "not UTF-8": b'{"steps": "\xff\xfe"}',
    "deep": b"[" * 100_000,
    "no number": b'{"steps": NaN}',
    "a number of 5,000 digits": b"1" * 5000,
    "a list": [],
    "a text": "steps",
    "no steps": {"config": {}},
    "steps that are none": {"steps": "many"},
    "a step that is none": {"steps": [7]},
    "no operation": {"steps": [{"urn": URN}]},
    "an unknown operation": {"steps": [step("explode")]},
    "no state": {"steps": [{"op": "create", "urn": URN}]},
    "a URN that is none": {"steps": [step(newState={"urn": "<b>x</b>", "type": "t"})]},
    "no type": {"steps": [step(newState={"urn": URN})]},
    "inputs that are a text": {"steps": [step(newState={"urn": URN, "type": "t", "inputs": "all"})]},
    "no resource": {"steps": []},
    "events in place of it": [{"sequence": 1, "preludeEvent": {}}],
    "one that failed": {"steps": [step()], "diagnostics": [{"severity": "error", "message": "no\nway"}]},
}


@pytest.mark.parametrize("content", BAD.values(), ids=BAD)
def test_what_is_no_preview_is_one_sentence(content: Any) -> None:
    text = content if isinstance(content, bytes) else json.dumps(content).encode()
    with pytest.raises(CannotJudge) as refused:
        read(text, "FILE")
    assert refused.value.exit_status == NO_VERDICT == 2
    assert str(refused.value).startswith("FILE ")
    assert "\n" not in str(refused.value)
    assert len(str(refused.value)) < 400


def test_a_file_of_fifty_megabytes_is_not_read(tmp_path: Path) -> None:
    large = tmp_path / "large.json"
    with large.open("wb") as file:
        file.truncate(50 * 2**20)
    with pytest.raises(CannotJudge, match=r"has 50 MiB, and a preview of at most 40 MiB is read"):
        read_file(large)
    with pytest.raises(CannotJudge, match="larger than the 40 MiB"):
        read(b" " * (MOST_BYTES + 1), "FILE")


def test_a_file_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    for path in (tmp_path / "none.json", tmp_path):
        with pytest.raises(CannotJudge, match="cannot be read"):
            read_file(path)


def test_a_preview_that_leaves_out_what_stays_is_refused() -> None:
    """The engine counts it and tells of it only where it is asked for --show-sames (v3.259.0)."""
    steps = [{"op": "same", "urn": URN, "newState": {"urn": URN, "type": "t:t:T", "custom": True}}]
    whole = {"steps": steps, "changeSummary": {"same": 1}}
    assert read(json.dumps(whole), "it").after
    with pytest.raises(CannotJudge, match=r"leaves out 2 resources that stay .* --show-sames"):
        read(json.dumps({**whole, "changeSummary": {"same": 3}}), "it")
