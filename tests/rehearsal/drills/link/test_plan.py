"""What the drill gives both halves comes from the spec, and both halves then say the same."""

from __future__ import annotations

import dataclasses
import json
import re
from pathlib import Path

import pytest

from infra.link.agreement import connection, differences
from infra.link.cloud_init import HEADER
from infra.settings import read
from rehearsal.drills.link import stand_in
from rehearsal.drills.link.other_options import OTHER_OPTIONS
from rehearsal.drills.link.plan import OUTSIDE, Plan, networkd, plan

ROOT = Path(__file__).parents[4]
KEYS = ["key-1", "key-2", "key-3", "key-4"]


@pytest.fixture(scope="module", params=["local", "staging", "prod"])
def planned(request: pytest.FixtureRequest) -> Plan:
    stack = request.param
    return plan(read(ROOT / "stacks" / f"Pulumi.{stack}.yaml", stack), KEYS)


def test_both_halves_of_each_tunnel_say_the_same(planned: Plan) -> None:
    for server in planned.servers:
        files = {each["path"]: each["content"] for each in server.written}
        for number, end in enumerate(planned.ends_of(server), start=1):
            text = files[f"/etc/swanctl/conf.d/aws-{number}.conf"]
            assert differences(end.told, connection(text)) == []


def test_the_stand_in_has_aws_s_options_and_no_other(planned: Plan) -> None:
    for server in planned.servers:
        files = {each["path"]: each["content"] for each in server.written}
        for number, end in enumerate(planned.ends_of(server), start=1):
            private = connection(files[f"/etc/swanctl/conf.d/aws-{number}.conf"])
            aws = connection(stand_in.swanctl(end))
            for option in ("version", "proposals", "child.esp_proposals", "child.life_time"):
                assert aws[option] == private[option], option
            assert (aws["local.id"], aws["remote.id"]) == (private["remote.id"], private["local.id"])
            assert aws["secrets.secret"] == private["secrets.secret"] == end.key
            assert aws["child.start_action"] == "none", "both sides dial"


def test_an_option_of_aws_s_side_alone_is_another_connection(planned: Plan) -> None:
    end = planned.ends[0]
    other = dataclasses.replace(
        end, options=dataclasses.replace(end.options, phase2_encryption_algorithms=("AES128", "AES256"))
    )
    assert connection(stand_in.swanctl(other))["child.esp_proposals"].startswith("aes128-aes256-")


def test_what_is_written_and_run_is_the_cloud_init_s(planned: Plan) -> None:
    for server in planned.servers:
        config = json.loads(server.user_data.removeprefix(HEADER))
        assert server.written == config["write_files"]
        assert server.commands == config["runcmd"]
        files = {each["path"]: each["content"] for each in server.written}
        inside = server.spec.insides[1]
        assert networkd(files, "aws-2") == (f"{inside.private}/{inside.prefix}", str(server.spec.mtu))


def test_nobody_s_address_is_anybody_else_s(planned: Plan) -> None:
    own = [server.addresses.own for server in planned.servers]
    private = [planned.router, planned.virtual, planned.shop, *own]
    outside = [end.address for end in planned.ends] + [s.addresses.outside for s in planned.servers]
    for addresses in (private, outside, [end.within for end in planned.ends]):
        assert len(set(addresses)) == len(addresses)
    assert not OUTSIDE.overlaps(planned.private)
    assert not OUTSIDE.overlaps(planned.aws)


def test_each_other_option_of_the_drill_changes_that_option_alone(planned: Plan) -> None:
    server = planned.servers[1]
    text = {each["path"]: each["content"] for each in server.written}["/etc/swanctl/conf.d/aws-2.conf"]
    end = planned.ends_of(server)[1]
    for other in OTHER_OPTIONS:
        changed = re.sub(other.pattern, other.changed, text, count=1)
        assert [each.option for each in differences(end.told, connection(changed))] == [other.option]
