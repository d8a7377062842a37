"""What a preview refuses, in a sentence that names what is wrong, and what a change means to the provider."""

from __future__ import annotations

from typing import Any

import pytest

from rehearsal.plugins.backend import Change, Refused, UnknownType
from rehearsal.plugins.openstack import tokens as t
from tests.rehearsal.plugins.openstack.cloud import Cloud
from tests.rehearsal.plugins.openstack.samples import SAMPLES

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
    (t.ROUTER, {"enableSnat": True}, r"`enableSnat` needs `externalNetworkId`"),
    (t.ROUTER_INTERFACE, {"subnetId": None}, r"one of `subnetId` and `portId` is required"),
    (t.ROUTER_INTERFACE, {"portId": "x"}, r"one of `subnetId` and `portId` is required, and not both"),
    (t.ROUTER_INTERFACE, {"subnetId": None, "portId": "x"}, r"a rehearsal has no ports: name a `subnetId`"),
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
    (t.CONTAINER, {"name": "a/b"}, r"`name` is 'a/b' but must be 1 to 256 bytes of UTF-8 without '/'"),
    (
        t.CONTAINER,
        {"versioning": True, "versioningLegacy": {"type": "versions", "location": "x"}},
        r"exclude",
    ),
    (t.CLUSTER_TEMPLATE, {"coe": "swarm"}, r"`coe` is 'swarm' but must be one of kubernetes"),
    (t.CLUSTER_TEMPLATE, {"apiserverPort": 443}, r"`apiserverPort` is 443 but must be 1024 to 65535"),
    (t.CLUSTER_TEMPLATE, {"networkDriver": "weave"}, r"`networkDriver` is 'weave' but .* flannel, calico"),
    (t.CLUSTER, {"name": "1st"}, r"`name` is '1st' but must start with a letter"),
    (t.NODE_GROUP, {"nodeCount": 5}, r"`nodeCount` 5 is above `maxNodeCount` 4"),
    (t.NODE_GROUP, {"minNodeCount": 2}, r"`nodeCount` 1 is below `minNodeCount` 2"),
    (t.NODE_GROUP, {"minNodeCount": 9, "nodeCount": 9}, r"`minNodeCount` 9 is above `maxNodeCount` 4"),
    (t.NODE_GROUP, {"role": "master"}, r"`role` is 'master' but only the cluster itself"),
    (t.IKE_POLICY, {"pfs": "group3"}, r"`pfs` is 'group3' but must be one of group2, group5, group14"),
    (t.IKE_POLICY, {"authAlgorithm": "md5"}, r"`authAlgorithm` is 'md5' but must be one of sha1"),
    (t.IKE_POLICY, {"encryptionAlgorithm": "aes-256-gcm-32"}, r"`encryptionAlgorithm` is 'aes-256-gcm-32'"),
    (t.IKE_POLICY, {"ikeVersion": "v3"}, r"`ikeVersion` is 'v3' but must be one of v1, v2"),
    (t.IKE_POLICY, {"lifetimes": [{"value": 59}]}, r"`lifetimes\[0\].value` is 59 but must be 60 or more"),
    (t.IPSEC_POLICY, {"transformProtocol": "gre"}, r"`transformProtocol` is 'gre' but must be one of esp"),
    (t.ENDPOINT_GROUP, {"type": "subnets"}, r"`type` is 'subnets' but must be one of subnet, cidr"),
    (t.ENDPOINT_GROUP, {"endpoints": ["10.0.0.1/8"]}, r"`endpoints` holds '10.0.0.1/8', which is no network"),
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
    (t.SITE_CONNECTION, {"mtu": 60}, r"`mtu` is 60 but must be 68 or more"),
    (t.KEYPAIR, {"publicKey": "ssh-rsa what"}, r"`publicKey` .* must be a public key in OpenSSH's format"),
]


@pytest.mark.parametrize(("type", "change", "sentence"), INPUTS)
def test_refused(cloud: Cloud, type: str, change: dict[str, Any], sentence: str) -> None:
    inputs = {k: v for k, v in {**SAMPLES[type].inputs, **change}.items() if v is not None}
    with pytest.raises(Refused, match=sentence) as refused:
        cloud.resource(type, "it", inputs)
    assert "\n" not in str(refused.value)


def test_no_sentence_shows_a_secret(cloud: Cloud) -> None:
    wrong = {**SAMPLES[t.SITE_CONNECTION].inputs, "psk": ["hush-hush"], "initiator": "hush?"}
    with pytest.raises(Refused, match="hush\\?") as refused:
        cloud.resource(t.SITE_CONNECTION, "c", wrong)
    assert "`psk`" in str(refused.value)
    assert "hush-hush" not in str(refused.value)
    assert cloud.backend.secret_outputs(t.SITE_CONNECTION) == {"psk"}


def test_unknown_types_are_named(cloud: Cloud) -> None:
    with pytest.raises(UnknownType, match="openstack:database/instance:Instance"):
        cloud.resource("openstack:database/instance:Instance", "it", {})


def test_all_wrong_arguments_are_named_at_once(cloud: Cloud) -> None:
    with pytest.raises(Refused, match=r"`maxNodeCount` is 0 .*; `nodeCount` is -1") as refused:
        cloud.resource(t.NODE_GROUP, "g", {"clusterId": "x", "nodeCount": -1, "maxNodeCount": 0})
    assert refused.value.property in ("nodeCount", "maxNodeCount")


def test_the_order_of_a_set_is_no_change(cloud: Cloud) -> None:
    sample = SAMPLES[t.ENDPOINT_GROUP].inputs
    made = cloud.standing(t.ENDPOINT_GROUP, sample)
    assert cloud.diff(made, {**sample, "endpoints": sample["endpoints"][::-1]}).changed == frozenset()
    assert cloud.diff(made, {**sample, "endpoints": sample["endpoints"][:1]}).replaces == {"endpoints"}


def test_what_has_a_name_of_the_programs_goes_before_its_replacement(cloud: Cloud) -> None:
    sample = SAMPLES[t.CLUSTER]
    made = cloud.standing(t.CLUSTER, sample.inputs)
    assert cloud.diff(made, {**sample.inputs, "masterCount": 3}).delete_before_replace
    assert cloud.diff(made, {**sample.inputs, "name": "other"}).delete_before_replace
    assert cloud.backend.autonames(t.CLUSTER) == {"name": 255}
    assert cloud.backend.autonames(t.ROUTER_INTERFACE) == {}


def test_what_the_program_says_no_more_stays_as_it_is(cloud: Cloud) -> None:
    """Of a field that is optional and computed; one that is optional alone goes back to nothing."""
    said = {"name": "n", "mtu": 1400, "description": "private side"}
    made = cloud.standing(t.NETWORK, said)
    assert not cloud.diff(made, {"name": "n", "description": "private side"}).changed
    assert cloud.diff(made, {"name": "n", "mtu": 1400}).changed == {"description"}
    left = cloud.standing(t.NETWORK, {"name": "n"}, mtu=1400)
    assert not cloud.diff(left, {"name": "n", "mtu": 1400}).changed, "it is so already"
    assert cloud.diff(left, {"name": "n", "mtu": 1500}).changed == {"mtu"}


def test_a_kept_field_that_would_replace_replaces_nothing(cloud: Cloud) -> None:
    sample = SAMPLES[t.CLUSTER]
    made = cloud.standing(t.CLUSTER, {**sample.inputs, "labels": {"boot_volume_size": "60"}})
    assert not cloud.diff(made, sample.inputs).changed
    assert cloud.diff(made, {**sample.inputs, "labels": {}}).replaces == {"labels"}


def test_a_container_of_another_name_is_asked_for_again_and_again(cloud: Cloud) -> None:
    made = cloud.standing(t.CONTAINER, {"name": "raw-orders"})
    assert cloud.diff(made, {"name": "other"}) == Change(frozenset({"name"}))


def test_texts_that_write_numbers_are_numbers(cloud: Cloud) -> None:
    made = cloud.standing(t.NETWORK, {"name": 7, "mtu": "1400", "adminStateUp": "true"})
    assert made.inputs == {"name": "7", "mtu": 1400, "adminStateUp": True}
    assert not cloud.diff(made, {"name": "7", "mtu": 1400, "adminStateUp": True}).changed
    with pytest.raises(Refused, match="`mtu` is '1400x'"):
        cloud.resource(t.NETWORK, "other", {"mtu": "1400x"})
