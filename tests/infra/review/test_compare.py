"""Two previews of one stack: what differs, what is replaced and what goes with it."""

from __future__ import annotations

from typing import Any

import pytest

from infra.review.change.change import PROGRAM, SCHEMA, UNKNOWN, WITH, Change
from infra.review.change.compare import compare
from infra.review.change.impact import impact, rows
from infra.review.change.of_engine import changes_of
from infra.review.errors import CannotJudge
from infra.review.preview import Preview, read_file
from rehearsal.plugins.replacements import replaces
from tests.infra.review.bills import STRANGERS
from tests.infra.review.changes import BUCKET, GROUP, LATER, SUBNET, VPC, by_keys, preview, state, urn


def changes(before: Preview, after: Preview, *arguments: Any) -> dict[str, Change]:
    return {change.resource.name: change for change in compare(before, after, *arguments)}


def test_what_is_the_same_is_no_change() -> None:
    """Names that chance made, what is known later, JSON in another order: all of that is the same."""

    def side(digits: str, policy: str) -> Preview:
        made = {"__defaults": ["name"], "name": f"role-{digits}", "policy": policy}
        return preview(
            state("aws:iam/role:Role", "role", made),
            state("aws:iam/rolePolicy:RolePolicy", "p", {"role": f"role-{digits}", "id": LATER}),
        )

    assert not compare(side("0a1b2c3", '{"a": 1, "b": 2}'), side("3c2b1a0", '{"b": 2, "a": 1}'))


def test_added_changed_and_deleted() -> None:
    before = preview(state(BUCKET, "goes"), state(BUCKET, "alters", {"tags": {"a": "1"}, "on": True}))
    after = preview(
        state(BUCKET, "comes", {"bucket": "new"}), state(BUCKET, "alters", {"tags": {"a": "2"}, "on": 1})
    )
    found = changes(before, after, by_keys(bucket=""))
    assert {name: change.kind for name, change in found.items()} == {
        "goes": "delete",
        "alters": "change",
        "comes": "add",
    }
    (tag, on) = found["alters"].properties
    assert (tag.path, tag.before, tag.after) == ("tags.a", "1", "2")
    assert (on.path, on.before, on.after) == ("on", "true", "1")
    assert found["alters"].known_by == SCHEMA


def test_a_replacement_names_the_input_and_how_it_is_known() -> None:
    before, after = (preview(state(VPC, "v", {"cidrBlock": cidr})) for cidr in ("10.0.0.0/16", "10.1.0.0/16"))
    (change,) = compare(before, after, by_keys(cidrBlock=""))
    assert (change.kind, change.forced_by, change.known_by) == ("replace", ("cidrBlock",), SCHEMA)
    (change,) = compare(before, after)
    assert (change.kind, change.known_by) == ("change", UNKNOWN)
    said = preview(state(VPC, "v", {"cidrBlock": "10.1.0.0/16"}, replaceOnChanges=["*"]))
    (change,) = compare(before, said)
    assert (change.kind, change.known_by) == ("replace", PROGRAM)


def test_what_the_cloud_may_change_is_no_change() -> None:
    def side(size: int) -> Preview:
        inputs = {"scalingConfig": {"desiredSize": size, "maxSize": 4}}
        return preview(state(GROUP, "g", inputs, ignoreChanges=["scalingConfig.desiredSize"]))

    assert not compare(side(1), side(2))


def test_what_is_replaced_takes_with_it_what_needs_it() -> None:
    """By an input that is known later, by the program's own word, by a provider; and on from there."""

    def side(cidr: str) -> Preview:
        cluster = "aws:eks/cluster:Cluster"
        speaks = "pulumi:providers:kubernetes"
        return preview(
            state(VPC, "v", {"cidrBlock": cidr}),
            state(SUBNET, "s", {"vpcId": LATER}, depends={"vpcId": [urn(VPC, "v")]}),
            state(BUCKET, "named", {"bucket": "b"}, depends={"bucket": [urn(VPC, "v")]}),
            state(cluster, "c", {"name": "c"}, replaceWith=[urn(SUBNET, "s")]),
            state(
                speaks,
                "k",
                {"kubeconfig": "[secret]"},
                dependencies=[urn(cluster, "c"), urn(BUCKET, "named")],
            ),
            state("kubernetes:apps/v1:Deployment", "d", provider=f"{urn(speaks, 'k')}::{LATER}"),
            state("aws:ec2/eip:Eip", "apart"),
        )

    found = changes(side("10.0.0.0/16"), side("10.1.0.0/16"), by_keys(cidrBlock="", vpcId=""))
    assert {name: change.kind for name, change in found.items()} == dict.fromkeys("vsckd", "replace")
    assert (found["s"].forced_by, found["s"].goes_with, found["s"].known_by) == (
        ("vpcId",),
        urn(VPC, "v"),
        WITH,
    )
    assert found["c"].goes_with == urn(SUBNET, "s")
    assert found["d"].goes_with == urn("pulumi:providers:kubernetes", "k")


def test_an_input_that_comes_from_another_resource_is_a_change_though_neither_is_known() -> None:
    def side(source: str) -> Preview:
        return preview(
            state(SUBNET, "a"),
            state(SUBNET, "b"),
            state(
                "aws:ec2/instance:Instance",
                "i",
                {"subnetId": LATER},
                depends={"subnetId": [urn(SUBNET, source)]},
            ),
        )

    (change,) = compare(side("a"), side("b"), replaces)
    assert [(each.path, each.before, each.after) for each in change.properties] == [
        ("subnetId", "from a", "from b")
    ]


def test_a_rename_without_an_alias_is_told_and_with_one_is_none() -> None:
    before = preview(state(BUCKET, "old", {"bucket": "b"}))
    found = changes(before, preview(state(BUCKET, "new", {"bucket": "b"})))
    assert found["new"].like == urn(BUCKET, "old")
    assert not compare(before, preview(state(BUCKET, "new", {"bucket": "b"}, aliases=[urn(BUCKET, "old")])))


def test_two_stacks_are_not_compared() -> None:
    other = read_file(STRANGERS / "static_site.json")
    with pytest.raises(CannotJudge, match="of two stacks, 's' and 'prod'"):
        compare(preview(state(BUCKET, "b")), other)


def test_the_engines_own_word_is_taken_as_it_is() -> None:
    found = {change.resource.name: change for change in changes_of(read_file(STRANGERS / "static_site.json"))}
    assert (found["left"].kind, found["preview"].kind, found["cdn"].kind) == ("delete", "change", "add")
    assert "the engine" in found["preview"].known_by
    assert [each.path for each in found["preview"].properties] == ["instanceType"]


@pytest.mark.parametrize(
    ("kind", "paths", "forced"),
    [
        (VPC, {"cidrBlock", "tags.a"}, {"cidrBlock"}),
        (GROUP, {"scalingConfig.maxSize"}, set()),
        (GROUP, {"instanceTypes[0]"}, {"instanceTypes[0]"}),
        ("openstack:networking/subnet:Subnet", {"cidr", "dnsNameservers[0]"}, {"cidr"}),
        ("kubernetes:batch/v1:Job", {"spec.template.spec.nodeName"}, {"spec.template.spec.nodeName"}),
        ("kubernetes:batch/v1:Job", {"spec.suspend"}, set()),
        ("kubernetes:apps/v1:Deployment", {"metadata.name", "spec.replicas"}, {"metadata.name"}),
        ("aws:rds/instance:Instance", {"engine"}, None),
        ("gcp:storage/bucket:Bucket", {"name"}, None),
    ],
)  # fmt: skip
def test_the_stand_ins_know_what_is_replaced(kind: str, paths: set[str], forced: set[str] | None) -> None:
    assert replaces(kind, frozenset(paths)) == forced


def test_the_blast_radius() -> None:
    """Data goes with a bucket that may be deleted full; another one is refused; a retained one stays."""
    before = preview(
        state(BUCKET, "full", {"forceDestroy": True}),
        state(BUCKET, "kept", {"forceDestroy": False}, protect=True),
        state(BUCKET, "stays", {"forceDestroy": True}, retainOnDelete=True),
        state(VPC, "rest"),
    )
    found = changes(before, preview(state(VPC, "rest")))
    told = {name: impact(change, before.after) for name, change in found.items()}
    assert told["full"].lost == "the objects in it"
    assert not told["kept"].lost
    assert "forceDestroy" in told["kept"].refused
    assert told["stays"].harmless
    assert {name for name, change in found.items() if change.protected} == {"kept"}
    assert told["full"].site == "aws"


def test_the_table_of_impacts_gives_reasons() -> None:
    for row in rows():
        assert row.reason, row
        assert row.holds or row.down or row.altered or "Job" in str(row.types), row
        assert not row.kept_unless or row.holds, row
