"""What the table does not show: refusals without a server, drift, replacement, a lost stand-in, functions."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import boto3
import pytest

from rehearsal.plugins.aws import moto_server
from rehearsal.plugins.aws.backend import AwsBackend
from rehearsal.plugins.aws.types import ROWS, recorded_types
from rehearsal.plugins.backend import UNKNOWN, Refused, Resource, UnknownType
from rehearsal.plugins.run_note import RunNote


@pytest.fixture
def offline(tmp_path: Path) -> AwsBackend:
    """A cloud stack's provider: no endpoint, nothing running."""
    made = AwsBackend(tmp_path)
    made.configure({"region": "eu-central-1", "allowedAccountIds": '["210987654321"]'})
    return made


def resource(
    type: str, inputs: dict[str, Any], id: str = "", outputs: dict[str, Any] | None = None
) -> Resource:
    return Resource(f"urn:pulumi:s::p::{type}::r", type, "r", id, inputs, outputs or {})


VPN = {"customerGatewayId": "cgw-1", "vpnGatewayId": "vgw-1", "type": "ipsec.1"}
CLUSTER = {"name": "c", "roleArn": "r", "vpcConfig": {"subnetIds": ["a", "b"]}}
NODES = {
    "clusterName": "c", "nodeGroupName": "n", "nodeRoleArn": "r", "subnetIds": ["s"],
    "scalingConfig": {"minSize": 1, "desiredSize": 1, "maxSize": 1},
}  # fmt: skip


@pytest.mark.parametrize(
    ("type", "inputs", "at_fault", "says"),
    [
        ("aws:ec2/vpc:Vpc", {"cidrBlock": "10.0.0.0/33"}, "cidrBlock", "no CIDR block"),
        ("aws:ec2/vpc:Vpc", {"cidrBlock": "10.0.0.1/16"}, "cidrBlock", "host bits"),
        ("aws:ec2/vpc:Vpc", {"cidrBlock": "10.0.0.0/16", "instanceTenancy": "shared"}, "instanceTenancy", "dedicated"),  # noqa: E501
        ("aws:ec2/subnet:Subnet", {"cidrBlock": "10.0.0.0/24"}, "", "VpcId is required"),
        ("aws:ec2/vpnConnection:VpnConnection", {**VPN, "tunnel1IkeVersions": ["ikev3"]}, "tunnel1IkeVersions", "ikev2"),  # noqa: E501
        ("aws:ec2/vpnConnection:VpnConnection", {**VPN, "tunnel1PresharedKey": "short"}, "tunnel1PresharedKey", "8 to 64"),  # noqa: E501
        ("aws:ec2/vpnConnection:VpnConnection", {**VPN, "tunnel2Phase1DhGroupNumbers": [3]}, "tunnel2Phase1DhGroupNumbers", "14"),  # noqa: E501
        ("aws:ec2/vpnConnection:VpnConnection", {**VPN, "tunnel1InsideCidr": "169.254.0.0/30"}, "tunnel1InsideCidr", "/30"),  # noqa: E501
        ("aws:eks/nodeGroup:NodeGroup", {**NODES, "capacityType": "CHEAP"}, "capacityType", "SPOT"),
        ("aws:eks/nodeGroup:NodeGroup", {**NODES, "scalingConfig": {"minSize": 2, "desiredSize": 1, "maxSize": 1}}, "scalingConfig", "rise"),  # noqa: E501
        ("aws:eks/cluster:Cluster", {**CLUSTER, "vpcConfig": {"subnetIds": ["a"]}}, "vpcConfig", "two"),
        ("aws:eks/accessEntry:AccessEntry", {"clusterName": "c"}, "", "principalArn is required"),
        ("aws:s3/bucket:Bucket", {"bucket": "No_Capitals"}, "bucket", "lower-case"),
        ("aws:s3/bucketVersioning:BucketVersioning", {"bucket": "b", "versioningConfiguration": {"status": "On"}}, "versioningConfiguration", "Suspended"),  # noqa: E501
        ("aws:iam/role:Role", {"name": "r", "assumeRolePolicy": "{"}, "assumeRolePolicy", "JSON"),
        ("aws:iam/role:Role", {"name": "r" * 65, "assumeRolePolicy": "{}"}, "name", "at most 64"),
        ("aws:kms/key:Key", {"tags": {"aws:x": "1"}}, "tags", "aws:"),
        ("aws:cloudwatch/logGroup:LogGroup", {"name": "l", "retentionInDays": 2}, "retentionInDays", "one of"),  # noqa: E501
        ("aws:budgets/budget:Budget", {"name": "b", "budgetType": "COST", "timeUnit": "MONTHLY", "limitAmount": "-1", "limitUnit": "USD"}, "limitAmount", "above 0"),  # noqa: E501
    ],
)  # fmt: skip
def test_a_bad_value_is_refused_without_a_server(
    offline: AwsBackend, type: str, inputs: dict[str, Any], at_fault: str, says: str
) -> None:
    with pytest.raises(Refused) as refused:
        offline.check(resource(type, inputs))
    assert says in str(refused.value)
    assert refused.value.property == at_fault
    assert str(refused.value).endswith(".")
    assert "\n" not in str(refused.value)


def test_unknown_values_are_judged_around(offline: AwsBackend) -> None:
    inputs = {
        **NODES,
        "clusterName": UNKNOWN,
        "nodeGroupName": "n",
        "subnetIds": UNKNOWN,
        "instanceTypes": [UNKNOWN],
    }
    assert offline.check(resource("aws:eks/nodeGroup:NodeGroup", inputs))["clusterName"] is UNKNOWN
    with pytest.raises(Refused, match="capacityType"):
        offline.check(resource("aws:eks/nodeGroup:NodeGroup", {**inputs, "capacityType": "CHEAP"}))


def test_a_cloud_stack_can_be_previewed_and_not_touched(offline: AwsBackend) -> None:
    vpc = resource("aws:ec2/vpc:Vpc", {"cidrBlock": "10.0.0.0/16"})
    assert offline.preview(vpc)["mainRouteTableId"] is UNKNOWN
    with pytest.raises(Refused, match="no endpoint"):
        offline.create(vpc)


def test_what_has_no_row_is_named(offline: AwsBackend) -> None:
    with pytest.raises(UnknownType, match="aws:ec2/instance:Instance"):
        offline.check(resource("aws:ec2/instance:Instance", {}))
    with pytest.raises(UnknownType, match="ipv4IpamPoolIdd"):
        offline.check(resource("aws:ec2/vpc:Vpc", {"ipv4IpamPoolIdd": "x"}))


def test_replacement_and_collision(offline: AwsBackend) -> None:
    def change(type: str, old: dict[str, Any], new: dict[str, Any]) -> Any:
        return offline.diff(resource(type, old, "i"), resource(type, new, "i"))

    vpc = change("aws:ec2/vpc:Vpc", {"cidrBlock": "10.0.0.0/16"}, {"cidrBlock": "10.1.0.0/16"})
    assert vpc.replaces == {"cidrBlock"}
    assert not vpc.delete_before_replace
    group = change("aws:eks/nodeGroup:NodeGroup", {**NODES, "nodeGroupName": "n"},
                   {**NODES, "nodeGroupName": "n", "instanceTypes": ["g5.xlarge"]})  # fmt: skip
    assert group.replaces == {"instanceTypes"}
    assert group.delete_before_replace
    same = change("aws:iam/role:Role", {"assumeRolePolicy": '{"a": 1}'}, {"assumeRolePolicy": '{ "a":1 }'})
    assert not same.changed


def test_drift_is_seen(backend: AwsBackend, moto: tuple[Path, str]) -> None:
    made = {}
    for type, inputs in (
        ("aws:s3/bucket:Bucket", {"bucket": "drifting", "tags": {"team": "shop"}}),
        ("aws:s3/bucketVersioning:BucketVersioning", {"bucket": "drifting", "versioningConfiguration": {"status": "Enabled"}}),  # noqa: E501
    ):  # fmt: skip
        created = backend.create(resource(type, inputs))
        made[type] = resource(type, inputs, created.id, created.outputs)
    s3 = boto3.client(
        "s3", endpoint_url=moto[1], region_name="eu-west-1", aws_access_key_id="a", aws_secret_access_key="b"
    )
    s3.put_bucket_versioning(Bucket="drifting", VersioningConfiguration={"Status": "Suspended"})
    s3.put_bucket_tagging(
        Bucket="drifting", Tagging={"TagSet": [{"Key": "team", "Value": "else"}, {"Key": "x", "Value": "y"}]}
    )
    found = {type: now.inputs for type, there in made.items() if (now := backend.read(there))}
    assert found["aws:s3/bucket:Bucket"]["tags"] == {"team": "else", "x": "y"}
    versioning = found["aws:s3/bucketVersioning:BucketVersioning"]
    assert versioning["versioningConfiguration"] == {"status": "Suspended"}
    s3.delete_bucket(Bucket="drifting")
    assert backend.read(made["aws:s3/bucket:Bucket"]) is None


@pytest.mark.parametrize("came", ["with it", "later"])
def test_an_endpoint_goes_with_the_tables_that_it_has(backend: AwsBackend, came: str) -> None:
    def made(type: str, inputs: dict[str, Any]) -> Resource:
        created = backend.create(resource(type, inputs))
        return resource(type, inputs, created.id, dict(created.outputs))

    vpc = made("aws:ec2/vpc:Vpc", {"cidrBlock": "10.0.0.0/16"}).id
    tables = [made("aws:ec2/routeTable:RouteTable", {"vpcId": vpc}).id for _ in range(2)]
    inputs = {
        "vpcId": vpc,
        "serviceName": "com.amazonaws.eu-west-1.s3",
        "vpcEndpointType": "Gateway",
        "routeTableIds": tables if came == "with it" else tables[:1],
    }
    endpoint = made("aws:ec2/vpcEndpoint:VpcEndpoint", inputs)
    if came == "later":
        now = resource(endpoint.type, {**inputs, "routeTableIds": tables}, endpoint.id)
        backend.update(endpoint, now)
        endpoint = now
    backend.delete(endpoint)
    assert backend.read(endpoint) is None


def test_functions(backend: AwsBackend) -> None:
    backend.create(resource("aws:s3/bucket:Bucket", {"bucket": "read"}))
    backend.cloud.send(
        "s3",
        "PutObject",
        {"Bucket": "read", "Key": "latest.json", "Body": b'{"digest": 1}', "ContentType": "application/json"},
    )
    assert (
        backend.invoke("aws:s3/getObject:getObject", {"bucket": "read", "key": "latest.json"})["body"]
        == '{"digest": 1}'
    )
    with pytest.raises(Refused, match="no object s3://read/none"):
        backend.invoke("aws:s3/getObject:getObject", {"bucket": "read", "key": "none"})
    listed = backend.invoke("aws:s3/getObjects:getObjects", {"bucket": "read", "prefix": "latest"})
    assert listed["keys"] == ["latest.json"]
    assert backend.invoke("aws:s3/getObjects:getObjects", {"bucket": "read", "prefix": "none"})["keys"] == []
    with pytest.raises(Refused, match="no bucket gone"):
        backend.invoke("aws:s3/getObjects:getObjects", {"bucket": "gone", "prefix": ""})


def test_the_stand_in_survives_refuses_and_is_missed_when_gone(tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"127\.0\.0\.1"):
        moto_server.ensure(tmp_path, "http://192.0.2.1:4610")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(Refused, match="taken by another program"):
            moto_server.ensure(tmp_path, url)
    try:
        first = moto_server.ensure(tmp_path, url)
        assert moto_server.ensure(tmp_path, url) == first == moto_server.instance(tmp_path)
        RunNote(tmp_path).made("", first)
        assert not moto_server.is_lost(tmp_path)
        assert moto_server.stop(tmp_path)
        assert moto_server.is_lost(tmp_path)
    finally:
        moto_server.stop(tmp_path)


def test_what_is_only_recorded_is_said() -> None:
    whole = {type for type, what in recorded_types().items() if what == "all of it"}
    assert whole == {row.type for row in ROWS.values() if row.recorded}
    assert "ModifyVpnTunnelOptions" in recorded_types()["aws:ec2/vpnConnection:VpnConnection"]
