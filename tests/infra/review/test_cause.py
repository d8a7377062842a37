"""The line that made a change."""

from __future__ import annotations

from infra.review.change.cause import Written
from infra.review.change.settings_change import settings_changes
from tests.infra.review.changes import BUCKET, GROUP, judged, preview, state

OLD = b"""\
config:
  isthmus:aws:
    # a comment
    gpu_pools:
      training: { instance_type: g5.xlarge, max: 4 }
      serving: &pool
        instance_type: g5.xlarge
        max: 2
  isthmus:training:
    retrain: { enabled: true }
    key: { secure: abc }
"""
NEW = OLD.replace(b"g5.xlarge, max: 4", b"g5.2xlarge, max: 4").replace(
    b"    retrain: { enabled: true }\n", b""
)


def test_settings_that_differ_come_with_their_lines() -> None:
    found = settings_changes(OLD, NEW.replace(b"abc", b"xyz"), "f.yaml")
    assert {each.key: (each.before, each.after, str(each.place)) for each in found} == {
        "aws.gpu_pools.training.instance_type": ("g5.xlarge", "g5.2xlarge", "f.yaml:5"),
        # Of the old file, as the new one has it no more.
        "training.retrain": ('{"enabled": true}', "", "f.yaml:10"),
        "training.key": ("[secret]", "[secret]", "f.yaml:10"),
    }
    assert found[0].effect is not None
    assert not settings_changes(OLD, OLD.replace(b"# a comment", b"# another"), "f.yaml")


def group(kind: str) -> dict[str, object]:
    places = {"sourcePosition": "project:///infra/aws/nodes.py#12,3", "stackTrace": [
        {"sourcePosition": "project:///infra/aws/site.py#80"},
        {"sourcePosition": "project:///.venv/lib/python3.11/site-packages/pulumi/x.py#1"},
        {"sourcePosition": "project:///../elsewhere.py#1"},
    ]}  # fmt: skip
    return state(GROUP, "aws-pool-training", {"instanceTypes": [kind]}, **places)


def test_a_setting_is_the_cause_where_its_value_is_found_again() -> None:
    written = Written(settings_changes(OLD, NEW, "f.yaml"), frozenset({"infra/aws/site.py"}))
    (change,) = judged(preview(group("g5.xlarge")), preview(group("g5.2xlarge")), written=written).judged
    assert [each.key for each in change.cause.settings] == ["aws.gpu_pools.training.instance_type"]
    assert str(change.cause.place) == "f.yaml:5"


def test_code_is_the_cause_where_no_setting_is() -> None:
    for files, line in (({"infra/aws/site.py"}, "infra/aws/site.py:80"), (set(), "infra/aws/nodes.py:12")):
        written = Written((), frozenset(files))
        (change,) = judged(preview(group("a")), preview(group("b")), written=written).judged
        assert str(change.cause.place) == line


def test_the_only_setting_that_differs_is_the_cause_of_all() -> None:
    new = OLD.replace(b"max: 2", b"max: 3")
    written = Written(settings_changes(OLD, new, "f.yaml"))
    before = preview(state(BUCKET, "a"))
    found = judged(before, preview(state(BUCKET, "a"), state(BUCKET, "b")), written=written).judged
    assert [str(each.cause) for each in found] == ["aws.gpu_pools.serving.max: 2 → 3 (f.yaml:8)"]
