"""Both halves of the link say the same, for every spec that the settings allow."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.link.vocabulary import AwsTunnel, LinkError, NeutronTunnel, halves
from infra.settings.link import DeadPeerDetection, DhGroup, Encryption, Esp, Ike, Integrity, LinkSettings
from tests.infra.recorded import STACKS, Estate, estate_of, secret

GROUPS: st.SearchStrategy[DhGroup] = st.sampled_from([14, 15, 16, 17, 18, 19, 20, 21])
CIPHERS: st.SearchStrategy[Encryption] = st.sampled_from(["aes128", "aes256"])
HASHES: st.SearchStrategy[Integrity] = st.sampled_from(["sha256", "sha384", "sha512"])

# Written by hand from the two APIs' references, and not from the code: what each word means.
MEANING: dict[str, Any] = {
    "AES128": ("aes", 128), "aes-128": ("aes", 128), "AES256": ("aes", 256), "aes-256": ("aes", 256),
    "SHA2-256": 256, "sha256": 256, "SHA2-384": 384, "sha384": 384, "SHA2-512": 512, "sha512": 512,
    "ikev2": 2, "v2": 2,
}  # fmt: skip


@st.composite
def specs(draw: st.DrawFn) -> LinkSettings:
    ike = draw(st.integers(900, 28800))
    timeout = draw(st.integers(30, 3600))
    return LinkSettings(
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
            action=draw(st.sampled_from(["restart", "clear"])),
            timeout_seconds=timeout,
            interval_seconds=draw(st.integers(1, timeout - 1)),
        ),
        initiator=draw(st.sampled_from(["aws", "openstack"])),
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
        "dpd": (tunnel.dpd_timeout_action, tunnel.dpd_timeout_seconds),
        "aws dials": tunnel.startup_action == "start",
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
        "dpd": (tunnel.dpd_action, tunnel.dpd_timeout),
        "aws dials": tunnel.initiator == "response-only",
    }


@given(specs())
def test_both_halves_mean_the_same(spec: LinkSettings) -> None:
    both = halves(spec)
    for tunnel in both.aws:
        assert meaning_of_aws(tunnel) == meaning_of_neutron(both.neutron)
    assert [tunnel.inside_cidr for tunnel in both.aws] == [str(cidr) for cidr in spec.inside_cidrs]


@given(specs())
def test_exactly_one_side_dials(spec: LinkSettings) -> None:
    both = halves(spec)
    for tunnel in both.aws:
        assert (tunnel.startup_action == "start") != (both.neutron.initiator == "bi-directional")


@pytest.mark.parametrize(
    ("wrong", "key"),
    [
        ({"routing": "bgp"}, "link.routing"),
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


@pytest.fixture(params=STACKS, scope="module")
def estate(request: pytest.FixtureRequest) -> Estate:
    return estate_of(request.param)


def test_each_tunnel_has_its_own_connection_with_the_key_that_aws_made(estate: Estate) -> None:
    connections = {
        each.inputs["peerAddress"]: each.inputs
        for each in estate.of("openstack:vpnaas/siteConnection:SiteConnection")
    }
    assert {address: each["psk"] for address, each in connections.items()} == {
        "192.0.2.1": secret("key-1"),
        "192.0.2.2": secret("key-2"),
    }
    (vpn,) = estate.of("aws:ec2/vpnConnection:VpnConnection")
    assert not any("resharedKey" in option for option in vpn.inputs), "AWS makes the keys"


def test_every_option_of_tunnel_one_is_set_on_tunnel_two(estate: Estate) -> None:
    (vpn,) = estate.of("aws:ec2/vpnConnection:VpnConnection")
    first = {k.removeprefix("tunnel1"): v for k, v in vpn.inputs.items() if k.startswith("tunnel1")}
    second = {k.removeprefix("tunnel2"): v for k, v in vpn.inputs.items() if k.startswith("tunnel2")}
    assert first.keys() == second.keys()
    assert len(first) >= 14
    assert first.pop("InsideCidr") != second.pop("InsideCidr")
    assert first == second


def test_each_side_is_told_the_other_sides_network(estate: Estate) -> None:
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
