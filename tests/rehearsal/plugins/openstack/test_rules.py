"""Each rule of the APIs refuses what it should, in a sentence that names what is wrong."""

from __future__ import annotations

from typing import Any

import pytest

from rehearsal.plugins.backend import Change, Refused, Resource, UnknownType
from rehearsal.plugins.openstack import tokens as t
from rehearsal.plugins.openstack.catalogue import catalogue_id
from rehearsal.plugins.openstack.rows import ROWS
from tests.rehearsal.plugins.openstack.cloud import Cloud
from tests.rehearsal.plugins.openstack.samples import ATTACHED, CLUSTER, LINK, OUTSIDE, SAMPLES

# (type, inputs merged into the sample's; None removes one, what the sentence must say)
INPUTS: list[tuple[str, dict[str, Any], str]] = [
    (t.NETWORK, {"mtu": 60}, r"`mtu` is 60 but must be 68 or more"),
    (t.NETWORK, {"mtu": "much"}, r"`mtu` is 'much' but must be a valid integer"),
    (t.NETWORK, {"dnsDomain": "shop.example"}, r"`dnsDomain` is 'shop.example' but .* dot at its end"),
    (t.NETWORK, {"name": "x" * 256}, r"`name` .* at most 255 characters, not 256"),
    (t.NETWORK, {"segments": [{"vlan": 1}]}, r"`segments\[0\].vlan` is no argument .*segmentationId"),
    (t.NETWORK, {"descripton": "x"}, r"did you mean `description`\?"),
    (t.SUBNET, {"networkId": None}, r"`networkId` is required"),
    (t.SUBNET, {"cidr": None}, r"one of `cidr` and `subnetpoolId` is required"),
    (t.SUBNET, {"cidr": "10.30.0.0/33"}, r"`cidr` is '10.30.0.0/33' but must be a network in CIDR notation"),
    (t.SUBNET, {"cidr": "10.30.0.7/24"}, r"10.30.0.0/24 is recommended"),
    (t.SUBNET, {"cidr": "10.30.0.0"}, r"`cidr` .* network's own address"),
    (t.SUBNET, {"cidr": "10.30.0.0/31"}, r"too long a prefix for DHCP"),
    (t.SUBNET, {"prefixLength": 24}, r"`cidr` and `prefixLength` exclude each other"),
    (t.SUBNET, {"noGateway": True}, r"`noGateway` and `gatewayIp` exclude each other"),
    (
        t.SUBNET,
        {"gatewayIp": "10.31.0.1"},
        r"`gatewayIp` 10.31.0.1 is no host address of `cidr` 10.30.0.0/24",
    ),
    (t.SUBNET, {"gatewayIp": "10.30.0.255"}, r"`gatewayIp` 10.30.0.255 is no host address"),
    (
        t.SUBNET,
        {"gatewayIp": "10.30.0.20"},
        r"`allocationPools` 10.30.0.10 to 10.30.0.200 contains `gatewayIp`",
    ),
    (t.SUBNET, {"allocationPools": [{"start": "10.30.0.10", "end": "10.31.0.9"}]}, r"is not inside `cidr`"),
    (t.SUBNET, {"allocationPools": [{"start": "10.30.0.10", "end": "10.30.0.9"}]}, r"ends before it starts"),
    (
        t.SUBNET,
        {
            "allocationPools": [
                {"start": "10.30.0.10", "end": "10.30.0.20"},
                {"start": "10.30.0.20", "end": "10.30.0.30"},
            ]
        },
        r"10.30.0.20 to 10.30.0.30 overlaps another pool",
    ),
    (
        t.SUBNET,
        {"allocationPools": [{"start": "first", "end": "10.30.0.9"}]},
        r"`allocationPools\[0\].start`",
    ),
    (t.SUBNET, {"dnsNameservers": ["10.0.0.2"] * 6}, r"`dnsNameservers` has 6, Neutron takes 5"),
    (t.SUBNET, {"dnsNameservers": ["ns.example"]}, r"`dnsNameservers\[0\]` .* must be an IP address"),
    (t.SUBNET, {"ipVersion": 6}, r"`cidr` 10.30.0.0/24 is no network of IP version 6"),
    (t.SUBNET, {"ipVersion": 5}, r"`ipVersion` is 5 but must be 4 or 6"),
    (t.SUBNET, {"ipv6RaMode": "auto"}, r"`ipv6RaMode` is 'auto' but must be one of slaac, dhcpv6"),
    (t.SUBNET, {"networkId": "nowhere"}, r"404: `networkId` .* is 'nowhere', and there is no network"),
    (t.SUBNET, {"networkId": catalogue_id("image", "public")}, r"404: `networkId`"),
    (t.ROUTER, {"enableSnat": True}, r"`enableSnat` needs `externalNetworkId`"),
    (t.ROUTER, {"externalNetworkId": "x"}, r"404: `externalNetworkId` of the router is 'x'"),
    (t.ROUTER_INTERFACE, {"subnetId": None}, r"one of `subnetId` and `portId` is required"),
    (t.ROUTER_INTERFACE, {"portId": "x"}, r"one of `subnetId` and `portId` is required, and not both"),
    (t.ROUTER_INTERFACE, {"subnetId": None, "portId": "x"}, r"a rehearsal has no ports: name a `subnetId`"),
    (t.SEC_GROUP, {"name": "default"}, r"409: the default security group already exists"),
    (t.SEC_GROUP_RULE, {"direction": "in"}, r"`direction` is 'in' but must be one of ingress, egress"),
    (t.SEC_GROUP_RULE, {"ethertype": "IPv6"}, r"`remoteIpPrefix` 10.20.0.0/16 is IPv4, `ethertype` IPv6"),
    (t.SEC_GROUP_RULE, {"portRangeMin": 444}, r"`portRangeMin` 444 is above `portRangeMax` 443"),
    (t.SEC_GROUP_RULE, {"portRangeMin": 65536}, r"`portRangeMin` is 65536 but must be 0 to 65535"),
    (t.SEC_GROUP_RULE, {"portRangeMin": None}, r"`portRangeMin` and `portRangeMax` need each other"),
    (t.SEC_GROUP_RULE, {"protocol": None}, r"`portRangeMin` needs `protocol`"),
    (t.SEC_GROUP_RULE, {"protocol": "esp"}, r"`protocol` esp has no ports"),
    (t.SEC_GROUP_RULE, {"protocol": "icmp"}, r"an ICMP type and code, 0 to 255"),
    (t.SEC_GROUP_RULE, {"protocol": "tcpp"}, r"`protocol` is 'tcpp' but must be a number from 0 to 255"),
    (t.SEC_GROUP_RULE, {"remoteGroupId": "x"}, r"`remoteGroupId` and `remoteIpPrefix` exclude each other"),
    (t.SEC_GROUP_RULE, {"securityGroupId": "x"}, r"404: `securityGroupId`"),
    (t.CONTAINER, {"name": "a/b"}, r"`name` is 'a/b' but must be 1 to 256 bytes of UTF-8 without '/'"),
    (
        t.CONTAINER,
        {"versioning": True, "versioningLegacy": {"type": "versions", "location": "x"}},
        r"exclude",
    ),
    (t.CONTAINER, {"versioningLegacy": {"type": "versions", "location": "x"}}, r"names container 'x'"),
    (t.CLUSTER_TEMPLATE, {"coe": "swarm"}, r"`coe` is 'swarm' but must be one of kubernetes"),
    (t.CLUSTER_TEMPLATE, {"apiserverPort": 443}, r"`apiserverPort` is 443 but must be 1024 to 65535"),
    (t.CLUSTER_TEMPLATE, {"networkDriver": "weave"}, r"`networkDriver` is 'weave' but .* flannel, calico"),
    (t.CLUSTER_TEMPLATE, {"fixedNetwork": "x"}, r"404: `fixedNetwork` is 'x', and there is no network"),
    (t.CLUSTER, {"masterCount": 3}, r"`masterCount` must be 1 where `masterLbEnabled` is false"),
    (t.CLUSTER, {"name": "1st"}, r"`name` is '1st' but must start with a letter"),
    (t.CLUSTER, {"clusterTemplateId": "x"}, r"404: `clusterTemplateId`"),
    (t.NODE_GROUP, {"nodeCount": 5}, r"`nodeCount` 5 is above `maxNodeCount` 4"),
    (t.NODE_GROUP, {"minNodeCount": 2}, r"`nodeCount` 1 is below `minNodeCount` 2"),
    (t.NODE_GROUP, {"minNodeCount": 9, "nodeCount": 9}, r"`minNodeCount` 9 is above `maxNodeCount` 4"),
    (t.NODE_GROUP, {"role": "master"}, r"`role` is 'master' but only the cluster itself"),
    (t.NODE_GROUP, {"name": "default-worker"}, r"already has a node group called 'default-worker'"),
    (t.IKE_POLICY, {"pfs": "group3"}, r"`pfs` is 'group3' but must be one of group2, group5, group14"),
    (t.IKE_POLICY, {"authAlgorithm": "md5"}, r"`authAlgorithm` is 'md5' but must be one of sha1"),
    (t.IKE_POLICY, {"encryptionAlgorithm": "aes-256-gcm-32"}, r"`encryptionAlgorithm` is 'aes-256-gcm-32'"),
    (t.IKE_POLICY, {"ikeVersion": "v3"}, r"`ikeVersion` is 'v3' but must be one of v1, v2"),
    (t.IKE_POLICY, {"lifetimes": [{"value": 59}]}, r"`lifetimes\[0\].value` is 59 but must be 60 or more"),
    (t.IPSEC_POLICY, {"transformProtocol": "gre"}, r"`transformProtocol` is 'gre' but must be one of esp"),
    (t.VPN_SERVICE, {"subnetId": "x"}, r"404: `subnetId`"),
    (t.ENDPOINT_GROUP, {"type": "subnets"}, r"`type` is 'subnets' but must be one of subnet, cidr"),
    (t.ENDPOINT_GROUP, {"endpoints": ["10.0.0.1/8"]}, r"`endpoints` holds '10.0.0.1/8', which is no network"),
    (t.ENDPOINT_GROUP, {"type": "subnet"}, r"404: `endpoints` holds subnet 10.20.0.0/16"),
    (t.ENDPOINT_GROUP, {"endpoints": []}, r"`endpoints` needs one value or more"),
    (t.SITE_CONNECTION, {"initiator": "start"}, r"`initiator` is 'start' but must be one of bi-directional"),
    (t.SITE_CONNECTION, {"dpds": [{"interval": 30, "timeout": 30}]}, r"timeout of 30 s, which must be above"),
    (
        t.SITE_CONNECTION,
        {"dpds": [{"action": "reboot"}]},
        r"`dpds\[0\].action` is 'reboot' but must be one of",
    ),
    (
        t.SITE_CONNECTION,
        {"peerCidrs": ["10.9.0.0/16"]},
        r"`peerCidrs` and endpoint groups exclude each other",
    ),
    (t.SITE_CONNECTION, {"peerEpGroupId": None}, r"`localEpGroupId` and `peerEpGroupId` need each other"),
    (t.SITE_CONNECTION, {"localEpGroupId": "{peer}"}, r"has type cidr, expected subnet"),
    (t.SITE_CONNECTION, {"peerAddress": "2001:db8::1"}, r"`peerAddress` is IPv6"),
    (t.SITE_CONNECTION, {"mtu": 60}, r"`mtu` is 60 but must be 68 or more"),
    (t.SITE_CONNECTION, {"ikepolicyId": "x"}, r"404: `ikepolicyId`"),
    (t.KEYPAIR, {"publicKey": "ssh-rsa what"}, r"`publicKey` .* must be a public key in OpenSSH's format"),
]


@pytest.mark.parametrize(("type", "change", "sentence"), INPUTS)
def test_refused(cloud: Cloud, type: str, change: dict[str, Any], sentence: str) -> None:
    sample = SAMPLES[type]
    cloud.build(sample.needs)
    before = cloud.backend.record.read().entries
    with pytest.raises(Refused, match=sentence) as refused:
        cloud.create(type, "it", {k: v for k, v in {**sample.inputs, **change}.items() if v is not None})
    assert "\n" not in str(refused.value)
    assert cloud.backend.record.read().entries == before


TWICE = {
    t.SUBNET: r"`cidr` 10.30.0.0/24 overlaps 10.30.0.0/24 of subnet 's'",
    t.ROUTER_INTERFACE: r"already has a port on subnet 'nodes'",
    t.SEC_GROUP_RULE: r"the security group rule already exists",
    t.NODE_GROUP: r"already has a node group called 'gpu'",
    t.KEYPAIR: r"409: key pair 'k' already exists",
}


@pytest.mark.parametrize("type", sorted(TWICE))
def test_a_second_one_is_refused(cloud: Cloud, type: str) -> None:
    sample = SAMPLES[type]
    cloud.build(sample.needs)
    cloud.create(type, "one", sample.inputs)
    with pytest.raises(Refused, match=TWICE[type]):
        cloud.create(type, "two", sample.inputs)


def test_a_container_that_is_there_is_made_again_as_the_same(cloud: Cloud) -> None:
    """PUT of a container is idempotent (docs.openstack.org/api-ref/object-store, read 2026-11-27)."""
    one = cloud.create(t.CONTAINER, "one", {"name": "c"})
    assert cloud.create(t.CONTAINER, "two", {"name": "c"}).id == one.id
    assert len(list(cloud.backend.record.read().of(t.CONTAINER))) == 1


def test_networks_of_the_estate_must_be_external_to_be_gateways(cloud: Cloud) -> None:
    cloud.create(t.NETWORK, "inner", {"name": "inner"})
    with pytest.raises(Refused, match=r"network 'inner' .* is not external"):
        cloud.create(t.ROUTER, "r", {"externalNetworkId": "{inner}"})


def test_a_vpn_service_needs_a_router_with_a_gateway(cloud: Cloud) -> None:
    cloud.create(t.ROUTER, "r", {"name": "closed"})
    with pytest.raises(Refused, match=r"router 'closed' .* has no external network"):
        cloud.create(t.VPN_SERVICE, "v", {"routerId": "{r}"})


def test_the_local_end_must_hang_on_the_services_router(cloud: Cloud) -> None:
    cloud.build(LINK)
    cloud.create(t.SUBNET, "far", {"networkId": "{net}", "cidr": "10.77.0.0/24"})
    cloud.create(t.ENDPOINT_GROUP, "wrong", {"type": "subnet", "endpoints": ["{far}"]})
    with pytest.raises(Refused, match=r"is not connected to router"):
        cloud.create(
            t.SITE_CONNECTION, "c", {**SAMPLES[t.SITE_CONNECTION].inputs, "localEpGroupId": "{wrong}"}
        )


def test_overlapping_subnets_do_not_share_a_router(cloud: Cloud) -> None:
    cloud.build(ATTACHED)
    cloud.create(t.NETWORK, "net2", {"name": "second"})
    cloud.create(t.SUBNET, "subnet2", {"networkId": "{net2}", "cidr": "10.30.0.0/16", "name": "wide"})
    with pytest.raises(Refused, match=r"10.30.0.0/16 of subnet 'wide' .* overlaps 10.30.0.0/24"):
        cloud.create(t.ROUTER_INTERFACE, "i2", {"routerId": "{router}", "subnetId": "{subnet2}"})


@pytest.mark.parametrize(("name", "field", "value"), [("ike", "pfs", "group20"), ("ipsec", "pfs", "group20")])
def test_a_policy_in_use_cannot_change(cloud: Cloud, name: str, field: str, value: str) -> None:
    cloud.build(LINK)
    cloud.create(t.SITE_CONNECTION, "tunnel", SAMPLES[t.SITE_CONNECTION].inputs)
    with pytest.raises(Refused, match=r"in use by IPsec site connection 'tunnel-1' .* can't be updated"):
        cloud.update(cloud.made[name], {**cloud.made[name].inputs, field: value})


def test_a_router_with_a_vpn_service_keeps_its_gateway(cloud: Cloud) -> None:
    cloud.build(LINK)
    router = cloud.made["router"]
    other = {**router.inputs, "externalNetworkId": catalogue_id("network", "outside")}
    with pytest.raises(Refused, match=r"409: router 'edge' .* is used by VPN service 'vpn'"):
        cloud.update(router, other)
    cloud.delete("service")
    cloud.update(router, other)


def test_a_template_in_use_changes_its_name_alone(cloud: Cloud) -> None:
    cloud.build(CLUSTER)
    template = cloud.made["template"]
    renamed = cloud.update(template, {**template.inputs, "name": "gpu-2"})
    with pytest.raises(Refused, match=r"referenced by cluster 'shore' .*, so image cannot change in place"):
        cloud.update(renamed, {**renamed.inputs, "image": "other"})


# (what is needed, further resources, what is deleted, who is named)
IN_USE: list[tuple[str, str, str]] = [
    (t.SITE_CONNECTION, "ike", r"IKE policy 'ike' .* is in use by IPsec site connection 'tunnel-1'"),
    (t.SITE_CONNECTION, "ipsec", r"IPsec policy 'esp' .* is in use by IPsec site connection 'tunnel-1'"),
    (t.SITE_CONNECTION, "service", r"VPN service 'vpn' .* is in use by IPsec site connection 'tunnel-1'"),
    (t.SITE_CONNECTION, "local", r"endpoint group 'local' .* is in use by IPsec site connection"),
    (t.SITE_CONNECTION, "peer", r"endpoint group 'peer' .* is in use by IPsec site connection"),
    (t.SITE_CONNECTION, "interface", r"subnet 'nodes' .* is used by IPsec site connection 'tunnel-1'"),
    (t.SITE_CONNECTION, "router", r"router 'edge' .* is in use by "),
    (t.SITE_CONNECTION, "subnet", r"subnet 'nodes' .* is in use by router interface"),
    (t.ROUTER_INTERFACE, "router", r"router 'edge' .* is in use by router interface"),
    (t.ROUTER_INTERFACE, "net", r"network .* has ports in use: router interface"),
    (t.CLUSTER, "template", r"cluster template 'gpu' .* is in use by cluster 'c'"),
    (t.CLUSTER, "net", r"network 'private' .* is in use by cluster 'c'"),
    (t.CLUSTER, "subnet", r"subnet 'nodes' .* is in use by cluster 'c'"),
]


@pytest.mark.parametrize(("type", "name", "sentence"), IN_USE)
def test_what_is_in_use_stays(cloud: Cloud, type: str, name: str, sentence: str) -> None:
    cloud.build(SAMPLES[type].needs)
    cloud.create(type, "it", SAMPLES[type].inputs)
    with pytest.raises(Refused, match=sentence):
        cloud.delete(name)
    assert cloud.backend.read(cloud.made[name]) is not None


def test_a_subnet_in_an_endpoint_group_stays(cloud: Cloud) -> None:
    cloud.build(LINK)
    cloud.delete("interface")
    with pytest.raises(Refused, match=r"subnet 'nodes' .* is in use by endpoint group 'local'"):
        cloud.delete("subnet")


@pytest.mark.parametrize(
    ("type", "parent"),
    [(t.SEC_GROUP_RULE, "group"), (t.NODE_GROUP, "cluster"), (t.SUBNET, "net")],
)
def test_what_the_api_deletes_along(cloud: Cloud, type: str, parent: str) -> None:
    cloud.build(SAMPLES[type].needs)
    it = cloud.create(type, "it", SAMPLES[type].inputs)
    cloud.delete(parent)
    assert cloud.backend.read(it) is None
    cloud.delete("it")


def test_no_sentence_shows_a_secret(cloud: Cloud) -> None:
    cloud.build(LINK)
    wrong = {**SAMPLES[t.SITE_CONNECTION].inputs, "psk": ["hush-hush"], "initiator": "hush?"}
    with pytest.raises(Refused, match="hush\\?") as refused:
        cloud.create(t.SITE_CONNECTION, "c", wrong)
    assert "`psk`" in str(refused.value)
    assert "hush-hush" not in str(refused.value)
    assert cloud.backend.secret_outputs(t.SITE_CONNECTION) == {"psk"}


def test_unknown_types_are_named(cloud: Cloud) -> None:
    with pytest.raises(UnknownType, match="openstack:database/instance:Instance"):
        cloud.create("openstack:database/instance:Instance", "it", {})


def test_all_wrong_arguments_are_named_at_once(cloud: Cloud) -> None:
    with pytest.raises(Refused, match=r"`maxNodeCount` is 0 .*; `nodeCount` is -1") as refused:
        cloud.create(t.NODE_GROUP, "g", {"clusterId": "x", "nodeCount": -1, "maxNodeCount": 0})
    assert refused.value.property in ("nodeCount", "maxNodeCount")


def test_the_order_of_a_set_is_no_change(cloud: Cloud) -> None:
    sample = SAMPLES[t.ENDPOINT_GROUP].inputs
    made = cloud.create(t.ENDPOINT_GROUP, "it", sample)
    assert cloud.diff(made, {**sample, "endpoints": sample["endpoints"][::-1]}).changed == frozenset()
    assert cloud.diff(made, {**sample, "endpoints": sample["endpoints"][:1]}).replaces == {"endpoints"}


def test_what_has_a_name_of_the_programs_goes_before_its_replacement(cloud: Cloud) -> None:
    sample = SAMPLES[t.CLUSTER]
    cloud.build(sample.needs)
    made = cloud.create(t.CLUSTER, "it", sample.inputs)
    assert cloud.diff(made, {**sample.inputs, "masterCount": 3}).delete_before_replace
    assert cloud.diff(made, {**sample.inputs, "name": "other"}).delete_before_replace
    assert cloud.backend.autonames(t.CLUSTER) == {"name": 255}
    assert cloud.backend.autonames(t.ROUTER_INTERFACE) == {}


def test_what_the_program_says_no_more_stays_as_it_is(cloud: Cloud) -> None:
    """Of a field that is optional and computed; one that is optional alone goes back to nothing."""
    said = {"name": "n", "mtu": 1400, "description": "private side"}
    made = cloud.create(t.NETWORK, "it", said)
    assert not cloud.diff(made, {"name": "n", "description": "private side"}).changed
    left = cloud.update(made, {"name": "n"})
    assert (left.outputs["mtu"], left.outputs.get("description")) == (1400, None)
    assert not cloud.diff(left, {"name": "n", "mtu": 1400}).changed, "it is so already"
    assert cloud.diff(left, {"name": "n", "mtu": 1500}).changed == {"mtu"}
    again = cloud.update(left, {"name": "n", "mtu": 1500})
    assert again.outputs["mtu"] == 1500


def test_a_kept_field_that_would_replace_replaces_nothing(cloud: Cloud) -> None:
    sample = SAMPLES[t.CLUSTER]
    cloud.build(sample.needs)
    made = cloud.create(t.CLUSTER, "it", {**sample.inputs, "labels": {"kube_tag": "v1.34.1"}})
    assert not cloud.diff(made, sample.inputs).changed
    assert cloud.diff(made, {**sample.inputs, "labels": {}}).replaces == {"labels"}


def test_a_container_of_another_name_keeps_its_own(cloud: Cloud) -> None:
    made = cloud.create(t.CONTAINER, "it", {"name": "raw-orders"})
    change = cloud.diff(made, {"name": "other"})
    assert change == Change(frozenset({"name"}))
    updated = cloud.update(made, {"name": "other"})
    assert (updated.id, updated.outputs["name"]) == ("raw-orders", "raw-orders")
    assert cloud.diff(updated, {"name": "other"}).changed == {"name"}, "it is asked for again and again"


def test_texts_that_write_numbers_are_numbers(cloud: Cloud) -> None:
    made = cloud.create(t.NETWORK, "it", {"name": 7, "mtu": "1400", "adminStateUp": "true"})
    assert made.inputs == {"name": "7", "mtu": 1400, "adminStateUp": True}
    assert not cloud.diff(made, {"name": "7", "mtu": 1400, "adminStateUp": True}).changed
    with pytest.raises(Refused, match="`mtu` is '1400x'"):
        cloud.create(t.NETWORK, "other", {"mtu": "1400x"})


def test_the_cloud_makes_up_nothing_that_nobody_asked_of_a_template(cloud: Cloud) -> None:
    sample = SAMPLES[t.CLUSTER_TEMPLATE]
    made = cloud.create(t.CLUSTER_TEMPLATE, "it", sample.inputs)
    assert not {"apiserverPort", "dockerStorageDriver"} & made.outputs.keys()


def test_every_field_that_points_somewhere_points_at_a_row() -> None:
    for row in ROWS.values():
        for ref in row.references.values():
            assert set(ref.types) <= set(ROWS)


def test_drift_shows_in_a_read(cloud: Cloud) -> None:
    made = cloud.create(t.SEC_GROUP, "it", SAMPLES[t.SEC_GROUP].inputs)
    with cloud.backend.record.change() as content:
        entry = content.get(t.SEC_GROUP, made.id)
        assert entry is not None
        entry.inputs["tags"] = ["by-hand"]
    found = cloud.backend.read(made)
    assert found is not None
    assert found.inputs["tags"] == ["by-hand"]
    drifted = Resource(made.urn, made.type, made.name, made.id, found.inputs)
    assert cloud.backend.diff(drifted, made).changed == {"tags"}


def test_the_gateway_is_a_pre_existing_network(cloud: Cloud) -> None:
    router = cloud.create(t.ROUTER, "r", {"externalNetworkId": OUTSIDE})
    assert router.outputs["externalFixedIps"][0]["ipAddress"].startswith("203.0.113.")
