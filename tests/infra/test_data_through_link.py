"""The private site's data goes through the link: to addresses of the VPC, and nowhere else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from ipaddress import IPv4Network
from typing import Any

import pytest

from infra.aws.endpoints import SERVICES
from infra.settings import read
from infra.workloads import allowed_traffic
from tests.infra.recorded import ROOT, Estate, Recorded, estate_of

ENDPOINT = "aws:ec2/vpcEndpoint:VpcEndpoint"
REAL = ("staging", "prod")
"""Stacks with the link's endpoints and without a stand-in for AWS, whose pods ask that one."""
URLS = {
    "AWS_ENDPOINT_URL_S3": "https://bucket.vpce-1.s3.{region}.vpce.amazonaws.com",
    "AWS_ENDPOINT_URL_STS": "https://vpce-1.sts.{region}.vpce.amazonaws.com",
}


def interfaces(estate: Estate) -> dict[str, Recorded]:
    return {
        each.inputs["serviceName"].split(".", 3)[3]: each
        for each in estate.of(ENDPOINT)
        if each.inputs["vpcEndpointType"] == "Interface"
    }


def addresses(endpoint: Recorded) -> list[str]:
    return [each["ipv4"] for each in endpoint.inputs["subnetConfigurations"]]


@pytest.mark.parametrize("stack", ["local", *REAL])
def test_each_service_has_an_address_in_the_intra_subnet_of_each_zone(stack: str) -> None:
    estate = estate_of(stack)
    found = interfaces(estate)
    assert set(found) == set(SERVICES)
    intra = {
        f"{each.name}-id": IPv4Network(each.inputs["cidrBlock"])
        for each in estate.of("aws:ec2/subnet:Subnet")
        if "-intra-" in each.name
    }
    seen: list[str] = []
    for endpoint in found.values():
        assert endpoint.inputs["privateDnsEnabled"]
        assert set(endpoint.inputs["subnetIds"]) == set(intra)
        for each in endpoint.inputs["subnetConfigurations"]:
            assert IPv4Network(each["ipv4"]).subnet_of(intra[each["subnetId"]])
        seen += addresses(endpoint)
    assert len(set(seen)) == len(seen) == len(SERVICES) * len(intra)
    # The VPC keeps its gateway to S3, which costs nothing.
    assert found["s3"].inputs["dnsOptions"]["privateDnsOnlyForInboundResolverEndpoint"]


@pytest.mark.parametrize("stack", ["local", *REAL])
def test_both_sites_get_in_by_tls_and_nobody_else(stack: str) -> None:
    estate = estate_of(stack)
    (vpc,) = estate.of("aws:ec2/vpc:Vpc")
    private = estate.of("openstack:networking/subnet:Subnet")[0].inputs["cidr"]
    (group,) = {each for end in interfaces(estate).values() for each in end.inputs["securityGroupIds"]}
    rules = [
        (rule.inputs["cidrIpv4"], rule.inputs["fromPort"], rule.inputs["toPort"])
        for rule in estate.of("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule")
        if rule.inputs["securityGroupId"] == group
    ]
    assert sorted(rules) == sorted([(vpc.inputs["cidrBlock"], 443, 443), (private, 443, 443)])


@pytest.mark.parametrize("service", SERVICES)
def test_an_endpoint_lets_through_this_account_alone(service: str) -> None:
    account = str(read(ROOT / "stacks" / "Pulumi.prod.yaml").aws.account_id)
    for statement in json.loads(interfaces(estate_of("prod"))[service].inputs["policy"])["Statement"]:
        narrowed = json.dumps([statement.get("Condition"), statement["Resource"]])
        assert account in narrowed, statement["Sid"]


def containers(estate: Estate, site: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for each in estate.resources:
        spec = each.inputs.get("spec")
        if not each.type.startswith("kubernetes:") or not isinstance(spec, dict) or site not in each.provider:
            continue
        pod = spec.get("jobTemplate", {}).get("spec", spec)
        pod = pod.get("template", {}).get("spec", {})
        for container in [*pod.get("initContainers", []), *pod.get("containers", [])]:
            yield each.name, {env["name"]: env.get("value") for env in container.get("env", [])}


@pytest.mark.parametrize("stack", REAL)
def test_private_pods_ask_s3_and_sts_there_and_those_in_aws_as_ever(stack: str) -> None:
    estate, region = estate_of(stack), str(read(ROOT / "stacks" / f"Pulumi.{stack}.yaml").aws.region)
    private = [env for _, env in containers(estate, "openstack-cluster") if "AWS_REGION" in env]
    assert len(private) >= 3
    for env in private:
        assert {name: env.get(name) for name in URLS} == {
            name: url.format(region=region) for name, url in URLS.items()
        }
    public = [env for _, env in containers(estate, "aws-cluster") if "AWS_REGION" in env]
    assert public
    assert not any(name in env for env in public for name in URLS)


@pytest.mark.parametrize("stack", ["local", "dev"])
def test_a_stand_in_and_the_internet_need_no_other_address(stack: str) -> None:
    for _, env in containers(estate_of(stack), "openstack-cluster"):
        assert not URLS.keys() & env.keys()
    assert bool(interfaces(estate_of(stack))) == (stack == "local")


def egress(estate: Estate, namespace: str) -> dict[str, list[tuple[str, list[str], list[int]]]]:
    """Of the private cluster: policy -> address, what is taken out of it, ports."""
    found: dict[str, list[tuple[str, list[str], list[int]]]] = {}
    for policy in estate.of("kubernetes:networking.k8s.io/v1:NetworkPolicy"):
        metadata, spec = policy.inputs["metadata"], policy.inputs["spec"]
        if "openstack-cluster" not in policy.provider or metadata["namespace"] != namespace:
            continue
        for rule in spec.get("egress", []):
            ports = [each["port"] for each in rule.get("ports", [])]
            for peer in rule["to"]:
                if block := peer.get("ipBlock"):
                    found.setdefault(metadata["name"], []).append(
                        (block["cidr"], block.get("except", []), ports)
                    )
    return found


@pytest.mark.parametrize("stack", REAL)
def test_private_pods_reach_those_addresses_and_their_own_data_and_nothing_else(stack: str) -> None:
    estate = estate_of(stack)
    (vpc,) = estate.of("aws:ec2/vpc:Vpc")
    ends: list[tuple[str, list[str], list[int]]] = [
        (f"{address}/32", [], [443])
        for service in ("s3", "sts")
        for address in addresses(interfaces(estate)[service])
    ]
    assert egress(estate, "serving") == {"allow-aws-by-link": ends}
    training = egress(estate, "training")
    assert set(training) == {"allow-aws-by-link", "allow-private-data"}
    assert training["allow-aws-by-link"] == ends
    for cidr, beside, _ in training["allow-private-data"]:
        assert IPv4Network(cidr).is_private
        if IPv4Network(vpc.inputs["cidrBlock"]).subnet_of(IPv4Network(cidr)):
            assert beside == [vpc.inputs["cidrBlock"]]


def test_over_the_internet_pods_reach_tls_anywhere() -> None:
    assert set(egress(estate_of("dev"), "training")) == {"allow-https"}


def test_only_private_pods_go_through_the_link() -> None:
    settings = read(ROOT / "stacks" / "Pulumi.prod.yaml")
    assert all(each.destinations is None for each in allowed_traffic("aws", settings, ["10.0.0.1"]).values())


def test_data_inside_the_vpc_opens_nothing() -> None:
    settings = read(ROOT / "stacks" / "Pulumi.prod.yaml")
    network = settings.openstack.network.model_copy(update={"data_cidrs": (settings.aws.network.cidr,)})
    private = settings.openstack.model_copy(update={"network": network})
    settings = settings.model_copy(update={"openstack": private})
    training = allowed_traffic("openstack", settings, ["10.0.0.1"])["training"]
    assert set(training.destinations or {}) == {"allow-aws-by-link"}
