"""Both halves of the link say the same, for every spec that the settings allow."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.link.agreement import connection, differences
from infra.link.server_files import Addresses, Peer, files, swanctl_path, tunnel_name
from infra.link.spec import servers
from infra.link.vocabulary import AwsTunnel, LinkError, NeutronTunnel, StrongSwanTunnel, halves
from infra.settings.link import DeadPeerDetection, DhGroup, Encryption, Esp, Ike, Integrity, LinkSettings
from tests.infra.recorded import Estate, estate_of, secret

GROUPS: st.SearchStrategy[DhGroup] = st.sampled_from([14, 15, 16, 17, 18, 19, 20, 21])
CIPHERS: st.SearchStrategy[Encryption] = st.sampled_from(["aes128", "aes256"])
HASHES: st.SearchStrategy[Integrity] = st.sampled_from(["sha256", "sha384", "sha512"])

# Written by hand from the two APIs' references, and not from the code: what each word means.
MEANING: dict[str, Any] = {
    "AES128": ("aes", 128), "aes-128": ("aes", 128), "AES256": ("aes", 256), "aes-256": ("aes", 256),
    "SHA2-256": 256, "sha256": 256, "SHA2-384": 384, "sha384": 384, "SHA2-512": 512, "sha512": 512,
    "ikev2": 2, "v2": 2,
}  # fmt: skip


GROUP = {
    "modp2048": 14, "modp3072": 15, "modp4096": 16, "modp6144": 17, "modp8192": 18,
    "ecp256": 19, "ecp384": 20, "ecp521": 21,
}  # fmt: skip


@st.composite
def specs(draw: st.DrawFn, private_gateway: Literal["instances", "vpnaas"]) -> LinkSettings:
    ike = draw(st.integers(900, 28800))
    timeout = draw(st.integers(30, 3600))
    return LinkSettings(
        private_gateway=private_gateway,
        ike=Ike(
            encryption=draw(CIPHERS),
            integrity=draw(HASHES),
            dh_group=draw(GROUPS),
            lifetime_seconds=ike,
        ),
        esp=Esp(
            encryption=draw(CIPHERS),
            integrity=draw(HASHES),
            pfs_group=draw(GROUPS),
            lifetime_seconds=draw(st.integers(900, min(ike, 3600))),
        ),
        dpd=DeadPeerDetection(
            timeout_seconds=timeout,
            interval_seconds=draw(st.integers(1, timeout - 1)),
        ),
        initiator=draw(st.sampled_from(["aws", "openstack"]))
        if private_gateway == "instances"
        else "openstack",
    )


def meaning_of_aws(tunnel: AwsTunnel) -> dict[str, Any]:
    def only(values: tuple[Any, ...]) -> Any:
        assert len(values) == 1, "a list with two entries lets the peers agree on what the spec does not say"
        return MEANING.get(values[0], values[0])

    return {
        "ike": only(tunnel.ike_versions),
        "phase1": (
            only(tunnel.phase1_encryption_algorithms),
            only(tunnel.phase1_integrity_algorithms),
            only(tunnel.phase1_dh_group_numbers),
            tunnel.phase1_lifetime_seconds,
        ),
        "phase2": (
            only(tunnel.phase2_encryption_algorithms),
            only(tunnel.phase2_integrity_algorithms),
            only(tunnel.phase2_dh_group_numbers),
            tunnel.phase2_lifetime_seconds,
        ),
        "dpd": tunnel.dpd_timeout_seconds,
        "aws dials": (tunnel.startup_action == "start", tunnel.dpd_timeout_action == "restart"),
    }


def meaning_of_neutron(tunnel: NeutronTunnel) -> dict[str, Any]:
    def phase(policy: Any) -> tuple[Any, ...]:
        return (
            MEANING[policy.encryption_algorithm],
            MEANING[policy.auth_algorithm],
            int(policy.pfs.removeprefix("group")),
            policy.lifetime,
        )

    return {
        "ike": MEANING[tunnel.ike_version],
        "phase1": phase(tunnel.ike),
        "phase2": phase(tunnel.ipsec),
        "dpd": tunnel.dpd_timeout,
        "aws dials": (False, tunnel.dpd_action != "restart"),
    }


def meaning_of_strongswan(tunnel: StrongSwanTunnel) -> dict[str, Any]:
    def phase(proposal: str, lifetime: int) -> tuple[Any, ...]:
        cipher, digest, group = proposal.split("-")
        return ("aes", int(cipher.removeprefix("aes"))), MEANING[digest], GROUP[group], lifetime

    return {
        "ike": 2,
        "phase1": phase(tunnel.proposals, tunnel.ike_rekey_time + tunnel.ike_over_time),
        "phase2": phase(tunnel.esp_proposals, tunnel.esp_life_time),
        "aws dials": (tunnel.start_action == "none", tunnel.dpd_action == "clear"),
    }


@given(specs("vpnaas"))
def test_both_halves_mean_the_same_with_vpnaas(spec: LinkSettings) -> None:
    both = halves(spec)
    assert isinstance(both.private, NeutronTunnel)
    assert len(both.aws) == 2, "one connection has two tunnels"
    for tunnel in both.aws:
        assert meaning_of_aws(tunnel) == meaning_of_neutron(both.private)
    assert [tunnel.inside_cidr for tunnel in both.aws] == [str(cidr) for cidr in spec.inside_cidrs[:2]]


@given(specs("instances"))
def test_both_halves_mean_the_same_with_servers(spec: LinkSettings) -> None:
    both = halves(spec)
    assert isinstance(both.private, StrongSwanTunnel)
    for tunnel in both.aws:
        meant = meaning_of_aws(tunnel)
        del meant["dpd"]  # seconds until a peer is dead: with strongSwan those of its retransmissions
        assert meant == meaning_of_strongswan(both.private)
    assert [tunnel.inside_cidr for tunnel in both.aws] == [str(cidr) for cidr in spec.inside_cidrs]


@given(specs("instances"))
def test_exactly_one_side_dials(spec: LinkSettings) -> None:
    both = halves(spec)
    assert isinstance(both.private, StrongSwanTunnel)
    for tunnel in both.aws:
        assert (tunnel.startup_action == "start") != (both.private.start_action == "start")
        assert (tunnel.dpd_timeout_action == "restart") != (both.private.dpd_action == "restart")
        assert both.private.close_action == both.private.start_action


@given(specs("instances"))
def test_the_private_side_renews_before_aws_does_and_both_before_the_end(spec: LinkSettings) -> None:
    both = halves(spec)
    assert isinstance(both.private, StrongSwanTunnel)
    for tunnel in both.aws:
        for at, end in (
            (both.private.ike_rekey_time, tunnel.phase1_lifetime_seconds),
            (both.private.esp_rekey_time, tunnel.phase2_lifetime_seconds),
        ):
            assert 0 < at - both.private.rand_time < at < end - tunnel.rekey_margin_time_seconds < end


@given(specs("instances"))
def test_the_files_of_both_servers_agree_with_aws_of_whatever_spec(spec: LinkSettings) -> None:
    for server, tunnels in zip(
        servers(spec, "10.68.0.0/20", "10.64.0.0/16"), halves(spec).connections, strict=True
    ):
        peers = (Peer("192.0.2.1", "key_1"), Peer("192.0.2.2", "key.2"))
        made = files(server, Addresses("a", "10.68.0.11", "10.68.0.12", "10.68.0.10", "203.0.113.7", peers))
        for number, (tunnel, peer) in enumerate(zip(tunnels, peers, strict=True), start=1):
            text = made[swanctl_path(tunnel_name(number))].text
            aws = {_api_name(name): value for name, value in asdict(tunnel).items()}
            assert not differences({**aws, "address": peer.address, "key": peer.key}, connection(text))


def _api_name(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_"))


@pytest.mark.parametrize(
    ("wrong", "key"),
    [
        ({"private_gateway": "vpnaas", "mtu_bytes": 1300}, "link.mtu_bytes"),
        ({"private_gateway": "vpnaas", "initiator": "aws"}, "link.initiator"),
        ({"dpd": DeadPeerDetection(interval_seconds=30, timeout_seconds=30)}, "link.dpd.interval_seconds"),
        (
            {"ike": Ike(lifetime_seconds=900), "esp": Esp(lifetime_seconds=901)},
            "link.esp.lifetime_seconds",
        ),
    ],
)
def test_what_one_half_cannot_do_is_refused_by_its_key(wrong: dict[str, Any], key: str) -> None:
    spec = LinkSettings.model_construct(**{**dict(LinkSettings()), **wrong})
    with pytest.raises(LinkError, match=f"^{key}: "):
        halves(spec)


@pytest.fixture(params=["dev", "prod"], scope="module")
def estate(request: pytest.FixtureRequest) -> Estate:
    return estate_of(request.param)


def test_vpnaas_is_one_connection_with_the_key_that_aws_made() -> None:
    estate = estate_of("dev")
    (connection,) = estate.of("openstack:vpnaas/siteConnection:SiteConnection")
    assert connection.inputs["peerAddress"] == "192.0.2.1"
    assert connection.inputs["psk"] == secret("key-1")
    assert not {"mtu", "initiator"} & connection.inputs.keys(), "Neutron takes them and ignores them"


@pytest.mark.parametrize("stack", ["local", "dev"])
def test_aws_makes_the_keys_where_none_are_named(stack: str) -> None:
    for vpn in estate_of(stack).of("aws:ec2/vpnConnection:VpnConnection"):
        assert not any("resharedKey" in option for option in vpn.inputs)


def test_every_option_of_tunnel_one_is_set_on_tunnel_two(estate: Estate) -> None:
    for vpn in estate.of("aws:ec2/vpnConnection:VpnConnection"):
        first = {k.removeprefix("tunnel1"): v for k, v in vpn.inputs.items() if k.startswith("tunnel1")}
        second = {k.removeprefix("tunnel2"): v for k, v in vpn.inputs.items() if k.startswith("tunnel2")}
        assert first.keys() == second.keys()
        assert len(first) >= 17
        assert first.pop("InsideCidr") != second.pop("InsideCidr")
        if first.pop("PresharedKey", None) is not None:
            assert second.pop("PresharedKey")
        assert first == second


def test_each_side_is_told_the_other_sides_network_where_no_bgp_tells_it() -> None:
    estate = estate_of("dev")
    (vpc,) = estate.of("aws:ec2/vpc:Vpc")
    (subnet,) = estate.of("openstack:networking/subnet:Subnet")
    (vpn,) = estate.of("aws:ec2/vpnConnection:VpnConnection")
    assert vpn.inputs["localIpv4NetworkCidr"] == subnet.inputs["cidr"]
    assert vpn.inputs["remoteIpv4NetworkCidr"] == vpc.inputs["cidrBlock"]
    groups = {
        g.inputs["type"]: g.inputs["endpoints"]
        for g in estate.of("openstack:vpnaas/endpointGroup:EndpointGroup")
    }
    assert groups["cidr"] == [vpc.inputs["cidrBlock"]]
