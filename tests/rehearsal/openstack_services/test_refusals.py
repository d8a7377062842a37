"""What the services refuse by rules of their own: an up hears it in their words, and nothing is changed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from rehearsal.control_plane import clusters
from rehearsal.home import Home
from rehearsal.plugins.backend import Refused
from rehearsal.plugins.openstack import tokens as t
from rehearsal.plugins.openstack.services.functions import GET_NETWORK
from tests.rehearsal.openstack_services.conftest import cloud_of
from tests.rehearsal.openstack_services.test_types import PAIR, complete
from tests.rehearsal.plugins.openstack.cloud import Cloud
from tests.rehearsal.plugins.openstack.samples import CLUSTER, LINK, SAMPLES

NOWHERE = "4f1c2f5e-0000-4000-8000-00000000dead"
CONNECTION = SAMPLES[t.SITE_CONNECTION].inputs
GROUP = {**SAMPLES[t.NODE_GROUP].inputs, "name": "spare"}


@pytest.fixture(scope="module")
def estate(private_site: Home) -> Iterator[Cloud]:
    """A link and a cluster that stand; each test leaves them as they are."""
    cloud = cloud_of(private_site)
    outside = cloud.backend.invoke(GET_NETWORK, {"name": "public", "external": True})["id"]
    whole = {
        **LINK,
        "tunnel": (t.SITE_CONNECTION, CONNECTION),
        **dict([PAIR]),
        **{name: CLUSTER[name] for name in ("template", "cluster")},
        "pool": (t.NODE_GROUP, {**GROUP, "name": "pool"}),
        "group": (t.SEC_GROUP, {"name": "nodes"}),
        "rule": (t.SEC_GROUP_RULE, SAMPLES[t.SEC_GROUP_RULE].inputs),
        "inner": (t.NETWORK, {"name": "inner"}),
        "wide": (t.SUBNET, {"networkId": "{inner}", "cidr": "10.30.0.0/16", "name": "wide"}),
        "far": (t.ENDPOINT_GROUP, {"name": "far", "type": "subnet", "endpoints": ["{wide}"]}),
        "closed": (t.ROUTER, {"name": "closed"}),
    }
    with pytest.MonkeyPatch.context() as patch:
        for name in ("begin", "end"):
            patch.setattr(clusters, name, lambda *_: None)
        for name, (type, inputs) in whole.items():
            cloud.create(type, name, complete(type, inputs, outside))
        yield cloud
        for name in reversed([*cloud.made]):
            cloud.delete(name)


MADE: list[tuple[str, dict[str, Any], str]] = [
    (t.SUBNET, {"networkId": NOWHERE, "cidr": "10.9.0.0/24"}, "404: "),
    (t.SUBNET, {"networkId": "{net}", "cidr": "10.30.0.0/25"}, "400: .* overlaps with another subnet"),
    (t.ROUTER, {"name": "r", "externalNetworkId": NOWHERE}, "404: "),
    (t.ROUTER, {"name": "r", "externalNetworkId": "{inner}"}, "400: .* is not an external network"),
    (t.ROUTER_INTERFACE, {"routerId": "{router}", "subnetId": "{subnet}"}, "400: "),
    (t.ROUTER_INTERFACE, {"routerId": "{router}", "subnetId": "{wide}"}, "400: .* overlaps with cidr"),
    (t.SEC_GROUP, {"name": "default"}, "409: "),
    (t.SEC_GROUP_RULE, {**SAMPLES[t.SEC_GROUP_RULE].inputs, "securityGroupId": NOWHERE}, "404: "),
    (t.SEC_GROUP_RULE, SAMPLES[t.SEC_GROUP_RULE].inputs, "409: Security group rule already exists"),
    (
        t.CLUSTER_TEMPLATE,
        {"name": "t", "coe": "kubernetes", "image": NOWHERE},
        "400: Image .* could not be found",
    ),
    (t.CLUSTER, {"name": "c", "clusterTemplateId": NOWHERE}, "404: "),
    (t.CLUSTER, {"name": "c", "clusterTemplateId": "{template}", "masterCount": 3}, "400: .*master_lb"),
    (t.NODE_GROUP, {**GROUP, "name": "default-worker"}, "409: "),
    (t.NODE_GROUP, {**GROUP, "name": "pool"}, "409: "),
    (t.VPN_SERVICE, {"name": "v", "routerId": "{closed}"}, "400: .* no external network gateway"),
    (t.VPN_SERVICE, {"name": "v", "routerId": "{router}", "subnetId": "{wide}"}, "400: .* not connected"),
    (t.ENDPOINT_GROUP, {"name": "e", "type": "subnet", "endpoints": [NOWHERE]}, "400: .* does not exist"),
    (t.SITE_CONNECTION, {**CONNECTION, "localEpGroupId": "{peer}"}, "400: "),
    (t.SITE_CONNECTION, {**CONNECTION, "localEpGroupId": "{far}"}, "400: "),
    (t.SITE_CONNECTION, {**CONNECTION, "peerAddress": "2001:db8::1"}, "400: "),
    (t.SITE_CONNECTION, {**CONNECTION, "ikepolicyId": NOWHERE}, "404: "),
    (t.KEYPAIR, {"name": "pair"}, "409: .* already exists"),
]


@pytest.mark.parametrize(("type", "inputs", "sentence"), MADE)
def test_what_does_not_fit_is_not_made(
    estate: Cloud, type: str, inputs: dict[str, Any], sentence: str
) -> None:
    before = dict(estate.made)
    with pytest.raises(Refused, match=sentence):
        estate.create(type, "it", complete("", inputs, ""))
    assert estate.made == before


CHANGED: list[tuple[str, dict[str, Any], str]] = [
    ("ike", {"pfs": "group20"}, "409: .* in use"),
    ("ipsec", {"pfs": "group20"}, "409: .* in use"),
    ("template", {"dockerVolumeSize": 77}, "400: .* referenced"),
    # Together they would fit; the provider sends the bounds first.
    ("pool", {"minNodeCount": 2, "nodeCount": 2}, "40[09]: .*min_node_count"),
]


@pytest.mark.parametrize(("name", "change", "sentence"), CHANGED)
def test_what_is_in_use_does_not_change(
    estate: Cloud, name: str, change: dict[str, Any], sentence: str
) -> None:
    made = estate.made[name]
    with pytest.raises(Refused, match=sentence):
        estate.update(made, {**made.inputs, **change})
    found = estate.backend.read(made)
    assert found is not None
    assert found.inputs == made.inputs


IN_USE = ("ike", "ipsec", "service", "local", "peer", "interface", "router", "subnet", "net", "template")


@pytest.mark.parametrize("name", IN_USE)
def test_what_is_in_use_stays(estate: Cloud, name: str) -> None:
    with pytest.raises(Refused, match=r"^40[09]: "):
        estate.delete(name)
    assert estate.backend.read(estate.made[name]) is not None


def test_a_group_without_bounds_has_as_many_nodes_as_are_asked_for(estate: Cloud) -> None:
    inputs = {"name": "fixed", "clusterId": "{cluster}", "flavorId": "g1.large", "minNodeCount": 0}
    made = estate.create(t.NODE_GROUP, "fixed", {**inputs, "nodeCount": 2})
    for count in (5, 1):
        made = estate.update(made, {**inputs, "nodeCount": count})
        found = estate.backend.read(made)
        assert found is not None
        assert found.outputs["nodeCount"] == count


def test_a_template_in_use_changes_its_name(estate: Cloud) -> None:
    made = estate.made["template"]
    renamed = estate.update(made, {**made.inputs, "name": "gpu-2"})
    assert renamed.outputs["name"] == "gpu-2"
    estate.update(renamed, made.inputs)


@pytest.mark.parametrize(
    ("parent", "child", "inputs"),
    [
        (t.SEC_GROUP, t.SEC_GROUP_RULE, {**SAMPLES[t.SEC_GROUP_RULE].inputs, "securityGroupId": "{whole}"}),
        (t.NETWORK, t.SUBNET, {"networkId": "{whole}", "cidr": "10.9.0.0/24"}),
    ],
)
def test_what_goes_with_another(estate: Cloud, parent: str, child: str, inputs: dict[str, Any]) -> None:
    estate.create(parent, "whole", {"name": "whole"})
    part = estate.create(child, "part", inputs)
    estate.delete("whole")
    assert estate.backend.read(part) is None
    for name in ("part", "whole"):
        estate.delete(name)
        del estate.made[name]


def test_drift_shows_in_a_read(estate: Cloud) -> None:
    made = estate.made["group"]
    estate.backend.session.request(
        "network", "PUT", f"/v2.0/security-groups/{made.id}/tags", json={"tags": ["by-hand"]}
    )
    found = estate.backend.read(made)
    assert found is not None
    assert found.outputs["allTags"] == ["by-hand"]


def test_a_container_that_is_not_empty_goes_by_force_alone(estate: Cloud) -> None:
    made = estate.create(t.CONTAINER, "box", {"name": "raw", "versioning": True})
    try:
        estate.backend.session.request("object-store", "PUT", "/raw/a", data=b"1")
        estate.backend.session.request("object-store", "PUT", "/raw/a", data=b"2")
        with pytest.raises(Refused, match="409: "):
            estate.backend.delete(made)
        assert estate.backend.read(made) is not None
    finally:
        estate.made["box"] = estate.update(made, {**made.inputs, "forceDestroy": True})
        estate.delete("box")
    assert estate.backend.read(made) is None
    del estate.made["box"]


def test_a_container_that_is_there_is_made_again_as_the_same(estate: Cloud) -> None:
    """PUT of a container is idempotent (docs.openstack.org/api-ref/object-store, read 2026-11-27)."""
    one = estate.create(t.CONTAINER, "box", {"name": "c"})
    assert estate.create(t.CONTAINER, "box", {"name": "c"}).id == one.id
    estate.delete("box")
    del estate.made["box"]
