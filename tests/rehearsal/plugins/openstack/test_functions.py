"""Data sources answer with no set-up at all, and with what the record holds."""

from __future__ import annotations

import base64
import json
import re
from typing import Any

import pytest
import yaml
from cryptography import x509

from rehearsal.plugins.backend import Refused, UnknownType
from rehearsal.plugins.openstack import functions as f
from rehearsal.plugins.openstack import tokens as t
from rehearsal.plugins.openstack.catalogue import catalogue_id, is_catalogued
from rehearsal.plugins.openstack.lookups import LOOKUPS
from rehearsal.plugins.openstack.seed import seed_secret
from tests.rehearsal.plugins.openstack.cloud import Cloud
from tests.rehearsal.plugins.openstack.samples import CLUSTER

UUID = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"


@pytest.mark.parametrize("token", sorted(f.FUNCTIONS.keys() - LOOKUPS.keys()))
def test_any_name_is_taken_as_declared(cloud: Cloud, token: str) -> None:
    one = cloud.backend.invoke(token, {"name": "one"})
    assert re.fullmatch(UUID, one["id"])
    assert one["name"] == "one"
    assert one["region"] == "RegionOne"
    assert one == cloud.backend.invoke(token, {"name": "one"})
    assert one["id"] != cloud.backend.invoke(token, {"name": "two"})["id"]
    assert not cloud.backend.record.exists
    with pytest.raises(Refused, match="`name` is required"):
        cloud.backend.invoke(token, {"region": "RegionOne"})
    json.dumps(one)


def test_an_id_is_recognised_by_its_kind() -> None:
    assert is_catalogued("network", catalogue_id("network", "public"))
    assert not is_catalogued("network", catalogue_id("image", "public"))
    assert not is_catalogued("network", "public")


def test_what_the_estate_made_comes_first(cloud: Cloud) -> None:
    net = cloud.create(t.NETWORK, "net", {"name": "private", "mtu": 1400})
    subnet = cloud.create(t.SUBNET, "subnet", {"networkId": "{net}", "cidr": "10.30.0.0/24"})
    found = cloud.backend.invoke(f.GET_NETWORK, {"name": "private"})
    assert (found["id"], found["mtu"], found["subnets"]) == (net.id, 1400, [subnet.id])
    assert cloud.backend.invoke(f.GET_NETWORK, {"networkId": net.id})["name"] == "private"
    cloud.create(t.NETWORK, "net2", {"name": "private"})
    with pytest.raises(Refused, match="2 networks match name 'private'"):
        cloud.backend.invoke(f.GET_NETWORK, {"name": "private"})


def test_secrets_are_placeholders_until_seeded(cloud: Cloud) -> None:
    ask: dict[str, Any] = {"name": "isthmus-keys"}
    assert cloud.backend.invoke(f.GET_SECRET, ask)["payload"] == f.PLACEHOLDER
    seed_secret(cloud.home, "isthmus-keys", "sesame")
    seed_secret(cloud.home, "isthmus-keys", "sesame")
    assert cloud.backend.invoke(f.GET_SECRET, ask)["payload"] == "sesame"
    assert cloud.backend.secret_results(f.GET_SECRET) == {"payload"}


def test_unknown_functions_are_named(cloud: Cloud) -> None:
    with pytest.raises(UnknownType, match="openstack:dns/getDnsZone:getDnsZone"):
        cloud.backend.invoke("openstack:dns/getDnsZone:getDnsZone", {})


def test_the_kubeconfig_leads_to_this_machine(cloud: Cloud) -> None:
    cloud.build(CLUSTER)
    outputs = cloud.made["cluster"].outputs
    raw = yaml.safe_load(outputs["kubeconfig"]["raw_config"])
    assert raw["clusters"][0]["name"] == "shore"
    assert raw["clusters"][0]["cluster"]["server"] == outputs["apiAddress"]
    assert re.fullmatch(r"https://127\.78\.\d+\.\d+:6443", outputs["apiAddress"])
    ca = x509.load_pem_x509_certificate(outputs["kubeconfig"]["cluster_ca_certificate"].encode())
    data = raw["users"][0]["user"]["client-certificate-data"]
    x509.load_pem_x509_certificate(base64.b64decode(data)).verify_directly_issued_by(ca)
    assert len(outputs["nodeAddresses"]) == 1
    assert cloud.backend.secret_outputs(t.CLUSTER) == {"kubeconfig"}
