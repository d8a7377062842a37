"""Data sources answer in a preview of a cloud's stack with nobody asked."""

from __future__ import annotations

import json
import re

import pytest

from rehearsal.plugins.backend import UNKNOWN, Refused, UnknownType
from rehearsal.plugins.openstack import previewed
from rehearsal.plugins.openstack.services.functions import FUNCTIONS, GET_NETWORK, GET_SECRET
from tests.rehearsal.plugins.openstack.cloud import Cloud

UUID = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"


@pytest.mark.parametrize("token", [GET_NETWORK, GET_SECRET])
def test_any_name_is_taken_as_declared(cloud: Cloud, token: str) -> None:
    one = cloud.backend.invoke(token, {"name": "one"})
    assert re.fullmatch(UUID, one["id"])
    assert one["name"] == "one"
    assert one["region"] == "RegionOne"
    assert one == cloud.backend.invoke(token, {"name": "one"})
    assert one["id"] != cloud.backend.invoke(token, {"name": "two"})["id"]
    with pytest.raises(Refused, match="`name` is required"):
        cloud.backend.invoke(token, {"region": "RegionOne"})
    json.dumps(one)


def test_a_stack_of_this_machine_that_never_stood_asks_nobody_either(cloud: Cloud) -> None:
    cloud.backend.configure({"authUrl": "http://127.0.0.1:1/v3", "region": "here"})
    found = cloud.backend.invoke(GET_NETWORK, {"name": "public", "external": True})
    assert (found["external"], found["region"]) == (True, "here")
    assert not cloud.home.openstack.exists()


def test_secrets_are_placeholders(cloud: Cloud) -> None:
    assert cloud.backend.invoke(GET_SECRET, {"name": "isthmus-keys"})["payload"] == previewed.PLACEHOLDER
    assert cloud.backend.secret_results(GET_SECRET) == {"payload"}


@pytest.mark.parametrize("token", sorted(FUNCTIONS.keys() - {GET_NETWORK, GET_SECRET}))
def test_what_only_a_cloud_can_say_is_refused(cloud: Cloud, token: str) -> None:
    with pytest.raises(Refused, match="is asked of a cloud that stands, and none does"):
        cloud.backend.invoke(token, {"name": "one"})


def test_unknown_functions_and_values_are_named(cloud: Cloud) -> None:
    with pytest.raises(UnknownType, match="openstack:dns/getDnsZone:getDnsZone"):
        cloud.backend.invoke("openstack:dns/getDnsZone:getDnsZone", {})
    with pytest.raises(Refused, match="a value that is not known yet"):
        cloud.backend.invoke(GET_NETWORK, {"name": UNKNOWN})
