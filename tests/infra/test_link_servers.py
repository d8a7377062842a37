"""The two gateway servers of the link: who may reach them, what they may send, and what they are told."""

from __future__ import annotations

import json
from typing import Any

import pytest

from infra.link.cloud_init import HEADER
from rehearsal.plugins.openstack.rows.server import LARGEST_USER_DATA
from tests.infra.recorded import SECRET, Estate, estate_of

WITH_SERVERS = ("local", "staging", "prod")
PORT = "openstack:networking/port:Port"
RULE = "openstack:networking/secGroupRule:SecGroupRule"
INSTANCE = "openstack:compute/instance:Instance"
VPN = "aws:ec2/vpnConnection:VpnConnection"


@pytest.fixture(params=WITH_SERVERS, scope="module")
def estate(request: pytest.FixtureRequest) -> Estate:
    return estate_of(request.param)


def told(estate: Estate, name: str) -> dict[str, Any]:
    """The cloud-init of a server."""
    secret = estate.one(INSTANCE, name).inputs["userData"]
    assert SECRET in secret, "the text holds keys, and is no secret of the stack's"
    assert secret["value"].startswith(HEADER)
    told: dict[str, Any] = json.loads(secret["value"].removeprefix(HEADER))
    return told


def files(estate: Estate, name: str) -> dict[str, str]:
    return {each["path"]: each["content"] for each in told(estate, name)["write_files"]}


def test_only_ends_of_aws_get_in_by_ike_and_nobody_from_elsewhere(estate: Estate) -> None:
    private = estate.of("openstack:networking/subnet:Subnet")[0].inputs["cidr"]
    for server, ends in ((1, ("192.0.2.1", "192.0.2.2")), (2, ("192.0.2.3", "192.0.2.4"))):
        port = estate.one(PORT, f"link-ports-{server}")
        (group,) = port.inputs["securityGroupIds"]
        entries = {
            (rule.inputs["remoteIpPrefix"], rule.inputs.get("protocol"), rule.inputs.get("portRangeMin"))
            for rule in estate.of(RULE)
            if rule.inputs["securityGroupId"] == group and rule.inputs["direction"] == "ingress"
        }
        from_aws = {(f"{end}/32", "udp", number) for end in ends for number in (500, 4500)}
        assert entries == from_aws | {(private, None, None)}


def test_a_port_may_send_as_the_virtual_address_and_as_aws_alone(estate: Estate) -> None:
    (vpc,) = estate.of("aws:ec2/vpc:Vpc")
    for server in (1, 2):
        port = estate.one(PORT, f"link-ports-{server}")
        assert port.inputs["portSecurityEnabled"]
        pairs = {pair["ipAddress"] for pair in port.inputs["allowedAddressPairs"]}
        assert pairs == {"10.99.0.10", vpc.inputs["cidrBlock"]}


def test_what_is_for_aws_goes_to_the_virtual_address(estate: Estate) -> None:
    (route,) = estate.of("openstack:networking/routerRoute:RouterRoute")
    (vpc,) = estate.of("aws:ec2/vpc:Vpc")
    assert (route.inputs["destinationCidr"], route.inputs["nextHop"]) == (
        vpc.inputs["cidrBlock"],
        "10.99.0.10",
    )


def test_the_servers_stand_apart_and_take_what_they_are_told_from_a_drive(estate: Estate) -> None:
    (group,) = estate.of("openstack:compute/serverGroup:ServerGroup")
    assert group.inputs["policies"] == "anti-affinity"
    for server in estate.of(INSTANCE):
        assert server.inputs["schedulerHints"] == [{"group": f"{group.name}-id"}]
        assert server.inputs["configDrive"]
        assert not server.inputs.get("keyPair")


def test_nobody_has_an_account_there(estate: Estate) -> None:
    for server in estate.of(INSTANCE):
        config = told(estate, server.name)
        assert (config["users"], config["disable_root"], config["ssh_pwauth"]) == ([], True, False)
        assert ["systemctl", "disable", "--now", "ssh"] in config["runcmd"]
        assert "dport 22" not in files(estate, server.name)["/etc/nftables.conf"]
        assert len(server.inputs["userData"]["value"]) * 4 / 3 < LARGEST_USER_DATA / 2


def test_each_server_has_the_keys_of_its_own_connection_and_root_alone_reads_them(estate: Estate) -> None:
    for number in (1, 2):
        name, connection = f"link-servers-{number}", estate.one(VPN, f"link-{number}")
        # Of the stores, or as AWS has made them up: the mocks count those.
        keys = [
            connection.inputs.get(f"tunnel{tunnel}PresharedKey", {"value": f"key-{2 * number - 2 + tunnel}"})[
                "value"
            ]
            for tunnel in (1, 2)
        ]
        held = {path for path, text in files(estate, name).items() if "secret = " in text}
        assert held == {f"/etc/swanctl/conf.d/aws-{tunnel}.conf" for tunnel in (1, 2)}
        modes = {each["path"]: each["permissions"] for each in told(estate, name)["write_files"]}
        assert {modes[path] for path in held} == {"0600"}
        for tunnel, key in enumerate(keys, start=1):
            text = files(estate, name)[f"/etc/swanctl/conf.d/aws-{tunnel}.conf"]
            assert f'secret = "{key}"' in text


def test_bgp_is_spoken_with_aws_by_its_number_and_with_the_other_server(estate: Estate) -> None:
    (inside,) = {
        tuple(each.inputs[f"tunnel{n}InsideCidr"] for n in (1, 2))
        for each in estate.of("aws:ec2/vpnConnection:VpnConnection")
        if each.name == "link-1"
    }
    assert inside == ("169.254.60.0/30", "169.254.60.4/30")
    frr = files(estate, "link-servers-1")["/etc/frr/frr.conf"]
    (customer, *_) = estate.of("aws:ec2/customerGateway:CustomerGateway")
    assert f"router bgp {customer.inputs['bgpAsn']}\n" in frr
    for peer in ("169.254.60.1", "169.254.60.5"):
        assert f" neighbor {peer} remote-as 64512\n" in frr
    assert f" neighbor 10.99.0.12 remote-as {customer.inputs['bgpAsn']}\n" in frr
    for connection in estate.of("aws:ec2/vpnConnection:VpnConnection"):
        assert connection.inputs["staticRoutesOnly"] is False


def test_each_tunnel_and_each_connection_has_an_alarm(estate: Estate) -> None:
    alarms = estate.of("aws:cloudwatch/metricAlarm:MetricAlarm")
    watched = [next(iter(alarm.inputs["dimensions"].items())) for alarm in alarms]
    assert sorted(watched) == [
        *(("TunnelIpAddress", f"192.0.2.{number}") for number in (1, 2, 3, 4)),
        ("VpnId", "link-1-id"),
        ("VpnId", "link-2-id"),
    ]
    assert {alarm.inputs["treatMissingData"] for alarm in alarms} == {"breaching"}
