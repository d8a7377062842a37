"""A state with what was found in it: whole for the engine, whatever was being made in the place of what."""

from __future__ import annotations

from typing import Any

from infra.recovery.deployment import with_found
from infra.recovery.identify import ById
from infra.recovery.pending import pending

VPC = "urn:pulumi:s::p::aws:ec2/vpc:Vpc::net"
SUBNET = "urn:pulumi:s::p::aws:ec2/subnet:Subnet::sub"
PROVIDER = "urn:pulumi:s::p::pulumi:providers:aws::aws"


def state(urn: str, **more: Any) -> dict[str, Any]:
    return {"urn": urn, "custom": True, "type": urn.split("::")[2], "inputs": {"name": "n"}, **more}


def creating(urn: str) -> dict[str, Any]:
    return {"type": "creating", "resource": state(urn)}


def test_what_was_being_made_is_to_be_read_before_anything_is_done_with_it() -> None:
    before = {"resources": [state(VPC, id="vpc-1")], "pending_operations": [creating(SUBNET)]}
    after = with_found(before, {SUBNET: ById("subnet-1")})
    assert after["pending_operations"] == []
    assert after["resources"][1] == state(SUBNET, id="subnet-1", outputs={}, refreshBeforeUpdate=True)
    assert before["pending_operations"], "the caller's own was changed"


def test_what_has_no_import_is_read_by_what_was_declared() -> None:
    before = {"pending_operations": [creating(SUBNET)]}
    (made,) = with_found(before, {SUBNET: ById("x", as_declared=True)})["resources"]
    assert made["outputs"] == {"name": "n"}


def test_a_replacement_stands_before_the_one_that_is_to_go() -> None:
    before = {
        "resources": [state(VPC, id="vpc-1"), state(SUBNET, id="subnet-1")],
        "pending_operations": [creating(VPC)],
    }
    new, old, other = with_found(before, {VPC: ById("vpc-2")})["resources"]
    assert (new["id"], old["id"], other["id"]) == ("vpc-2", "vpc-1", "subnet-1")
    assert old["delete"] is True
    assert "delete" not in new


def test_what_was_deleted_to_be_made_again_is_no_longer_there() -> None:
    before = {
        "resources": [state(VPC, id="vpc-1", pendingReplacement=True)],
        "pending_operations": [creating(VPC)],
    }
    assert [one["id"] for one in with_found(before, {VPC: ById("vpc-2")})["resources"]] == ["vpc-2"]


def test_what_is_not_found_leaves_no_trace() -> None:
    before = {"resources": [state(VPC, id="vpc-1")], "pending_operations": [creating(SUBNET)]}
    assert with_found(before, {})["resources"] == before["resources"]


def test_secrets_are_laid_open_and_default_tags_count() -> None:
    secret = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "plaintext": '"deep"'}
    operation = creating(SUBNET)
    operation["resource"] |= {
        "inputs": {"key": [{"k": secret}], "tags": {"Name": "n"}},
        "provider": f"{PROVIDER}::some-id",
    }
    provider = state(PROVIDER, id="some-id")
    provider["inputs"] = {"defaultTags": '{"tags": {"environment": "s", "Name": "default"}}'}
    (one,) = pending({"resources": [provider], "pending_operations": [operation]})
    assert one.inputs == {"key": [{"k": "deep"}], "tags": {"environment": "s", "Name": "n"}}
    assert (one.name, one.provider, one.made_by_cloud) == ("sub", PROVIDER, True)
