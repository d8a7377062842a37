"""Nothing of the estate can be reached from the internet, and no pod reaches what it has no need of."""

from __future__ import annotations

from typing import Any

import pytest

from infra.in_cluster.network_policies import AllowedTraffic, policies
from tests.infra.recorded import STACKS, Estate, Recorded, estate_of

ANYWHERE = {"0.0.0.0/0", "::/0"}


@pytest.fixture(params=STACKS, scope="module")
def estate(request: pytest.FixtureRequest) -> Estate:
    return estate_of(request.param)


def test_the_api_server_of_eks_is_private(estate: Estate) -> None:
    (cluster,) = estate.of("aws:eks/cluster:Cluster")
    assert cluster.inputs["vpcConfig"]["endpointPrivateAccess"] is True
    assert cluster.inputs["vpcConfig"]["endpointPublicAccess"] is False
    assert cluster.inputs["encryptionConfig"]["resources"] == ["secrets"]
    assert cluster.inputs["accessConfig"]["authenticationMode"] == "API"


def test_the_private_cluster_has_tls_and_no_floating_address(estate: Estate) -> None:
    (template,) = estate.of("openstack:containerinfra/clusterTemplate:ClusterTemplate")
    assert template.inputs["tlsDisabled"] is False
    assert template.inputs["public"] is False
    assert template.inputs["floatingIpEnabled"] is False
    assert template.inputs["labels"]["master_lb_floating_ip_enabled"] == "false"
    (cluster,) = estate.of("openstack:containerinfra/cluster:Cluster")
    assert cluster.inputs["floatingIpEnabled"] is False


def test_no_door_is_open_to_the_world(estate: Estate) -> None:
    doors: list[tuple[Recorded, Any]] = [
        *[
            (rule, rule.inputs.get("cidrIpv4") or rule.inputs.get("cidrIpv6"))
            for rule in estate.of("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule")
        ],
        *[
            (rule, rule.inputs.get("remoteIpPrefix"))
            for rule in estate.of("openstack:networking/secGroupRule:SecGroupRule")
            if rule.inputs["direction"] == "ingress"
        ],
    ]
    assert len(doors) >= 2
    for rule, source in doors:
        # A Neutron rule without a source admits everyone.
        assert source, rule.name
        assert source not in ANYWHERE, rule.name
    for group in estate.of("aws:ec2/securityGroup:SecurityGroup"):
        assert not group.inputs.get("ingress"), (
            "rules belong into resources of their own, where they are seen"
        )
    (default,) = estate.of("aws:ec2/defaultSecurityGroup:DefaultSecurityGroup")
    assert default.inputs.get("ingress") in (None, [])
    assert default.inputs.get("egress") in (None, [])


def test_no_machine_gets_a_public_address_but_the_gateways(estate: Estate) -> None:
    assert all(not s.inputs.get("mapPublicIpOnLaunch") for s in estate.of("aws:ec2/subnet:Subnet"))
    floating = {each.inputs["portId"] for each in estate.of("openstack:networking/floatingIp:FloatingIp")}
    servers = estate.of("openstack:compute/instance:Instance")
    assert floating == {network["port"] for each in servers for network in each.inputs["networks"]}
    for group in estate.of("aws:eks/nodeGroup:NodeGroup"):
        assert group.inputs["subnetIds"], group.name
        assert all("-private-" in subnet for subnet in group.inputs["subnetIds"]), group.name


def test_intra_subnets_have_no_way_out(estate: Estate) -> None:
    out = {
        route.inputs["routeTableId"]
        for route in estate.of("aws:ec2/route:Route")
        if route.inputs["destinationCidrBlock"] in ANYWHERE
    }
    intra = {
        each.inputs["routeTableId"]
        for each in estate.of("aws:ec2/routeTableAssociation:RouteTableAssociation")
        if "-intra-" in each.inputs["subnetId"]
    }
    assert intra
    assert not intra & out


def test_nodes_give_their_own_credentials_to_no_pod(estate: Estate) -> None:
    templates = estate.of("aws:ec2/launchTemplate:LaunchTemplate")
    assert templates
    for template in templates:
        metadata = template.inputs["metadataOptions"]
        assert metadata["httpTokens"] == "required"
        assert metadata["httpPutResponseHopLimit"] == 1
        for disk in template.inputs["blockDeviceMappings"]:
            assert disk["ebs"]["encrypted"] == "true"


def test_services_in_the_clusters_open_no_port_to_the_outside(estate: Estate) -> None:
    for service in estate.of("kubernetes:core/v1:Service"):
        assert service.inputs["spec"].get("type", "ClusterIP") == "ClusterIP"
    for quota in estate.of("kubernetes:core/v1:ResourceQuota"):
        assert quota.inputs["spec"]["hard"]["services.loadbalancers"] == "0"
        assert quota.inputs["spec"]["hard"]["services.nodeports"] == "0"


def test_every_namespace_is_restricted_limited_and_denies_both_directions(estate: Estate) -> None:
    namespaces = estate.of("kubernetes:core/v1:Namespace")
    releases = estate.of("kubernetes:helm.sh/v3:Release")
    of_charts = {(each.provider, each.inputs["namespace"]) for each in releases}
    closed = {(provider, name) for provider, name in of_charts if name != "kube-system"}
    assert len(namespaces) == 4 + len(closed)
    for namespace in namespaces:
        labels = namespace.inputs["metadata"]["labels"]
        for mode in ("enforce", "audit", "warn"):
            assert labels[f"pod-security.kubernetes.io/{mode}"] == "restricted"
    denied = [
        (policy.provider, policy.inputs["metadata"]["namespace"])
        for policy in estate.of("kubernetes:networking.k8s.io/v1:NetworkPolicy")
        if policy.inputs["spec"]["podSelector"] == {}
        and sorted(policy.inputs["spec"]["policyTypes"]) == ["Egress", "Ingress"]
        and "ingress" not in policy.inputs["spec"]
        and "egress" not in policy.inputs["spec"]
    ]
    declared = [(each.provider, each.inputs["metadata"]["name"]) for each in namespaces]
    assert sorted(denied) == sorted(declared)


@pytest.mark.parametrize(
    "allowed", [AllowedTraffic(), AllowedTraffic(pod_identity=True, peers=True, ports=(443, 4610))]
)
def test_no_pod_reaches_the_metadata_service(allowed: AllowedTraffic) -> None:
    for name, spec in policies(allowed).items():
        for rule in spec.get("egress", []):
            for block in (peer["ipBlock"] for peer in rule["to"] if "ipBlock" in peer):
                if block["cidr"] == "0.0.0.0/0":
                    assert block["except"] == ["169.254.0.0/16"], name
                else:
                    assert block["cidr"] == "169.254.170.23/32", name
                    assert rule["ports"] == [{"protocol": "TCP", "port": 80}], name


def test_no_secret_leaves_in_an_output(estate: Estate) -> None:
    text = repr(estate.outputs)
    assert "key-1" not in text
    assert "secret signing" not in text
