"""The private site."""

from __future__ import annotations

from tests.infra.policy.cases.made import Case, made

RULE = "openstack:networking/secGroupRule:SecGroupRule"
GROUP = "openstack:networking/secGroup:SecGroup"
NETWORK = "openstack:networking/network:Network"
CONTAINER = "openstack:objectstorage/container:Container"
TEMPLATE = "openstack:containerinfra/clusterTemplate:ClusterTemplate"
CLUSTER = "openstack:containerinfra/cluster:Cluster"
IKE = "openstack:vpnaas/ikePolicy:IkePolicy"
IPSEC = "openstack:vpnaas/ipSecPolicy:IpSecPolicy"
PROVIDER = "pulumi:providers:openstack"
STRONG = {"encryptionAlgorithm": "aes-256", "authAlgorithm": "sha256", "pfs": "group14"}

CASES = {
    "openstack-no-open-admin-ports": Case(
        [
            made(
                RULE,
                "net",
                direction="ingress",
                remoteIpPrefix="10.0.0.0/8",
                portRangeMin=22,
                portRangeMax=22,
            ),
            made(RULE, direction="ingress", remoteGroupId="g", portRangeMin=22, portRangeMax=22),
        ],
        [made(RULE, direction="ingress", remoteIpPrefix="0.0.0.0/0", portRangeMin=1, portRangeMax=1024)],
    ),
    "openstack-no-open-ingress": Case(
        [made(RULE, direction="egress", remoteIpPrefix="0.0.0.0/0")], [made(RULE, direction="ingress")]
    ),
    "openstack-group-no-default-rules": Case([made(GROUP, deleteDefaultRules=True)], [made(GROUP)]),
    "openstack-port-security": Case([made(NETWORK)], [made(NETWORK, portSecurityEnabled=False)]),
    "openstack-network-not-shared": Case([made(NETWORK)], [made(NETWORK, shared=True)]),
    "openstack-container-private": Case(
        [made(CONTAINER, containerRead="project:user")], [made(CONTAINER, containerRead=".r:*,.rlistings")]
    ),
    "openstack-container-versioned": Case([made(CONTAINER, versioning=True)], [made(CONTAINER)]),
    "openstack-container-keeps-objects": Case([made(CONTAINER)], [made(CONTAINER, forceDestroy=True)]),
    "openstack-cluster-no-floating-ip": Case(
        [made(CLUSTER, floatingIpEnabled=False)],
        [made(TEMPLATE, labels={"master_lb_floating_ip_enabled": "true"})],
    ),
    "openstack-cluster-tls": Case([made(TEMPLATE)], [made(TEMPLATE, tlsDisabled=True)]),
    "openstack-template-private": Case([made(TEMPLATE, public=False)], [made(TEMPLATE, public=True)]),
    "openstack-cluster-odd-masters": Case([made(CLUSTER, masterCount=3)], [made(CLUSTER, masterCount=2)]),
    "openstack-vpn-ike-strong": Case(
        [made(IKE, ikeVersion="v2", **STRONG)], [made(IKE, ikeVersion="v2", **{**STRONG, "pfs": "group5"})]
    ),
    "openstack-vpn-ipsec-strong": Case(
        [made(IPSEC, transformProtocol="esp", **STRONG)], [made(IPSEC, encryptionAlgorithm="3des")]
    ),
    "openstack-provider-tls": Case(
        [
            made(PROVIDER, authUrl="https://keystone.example.org/v3"),
            made(PROVIDER, "l", authUrl="http://127.0.0.1:1"),
        ],
        [made(PROVIDER, authUrl="https://keystone.example.org/v3", insecure="true")],
    ),
    "openstack-no-floating-ip": Case([made(NETWORK)], [made("openstack:networking/floatingIp:FloatingIp")]),
    "openstack-instance-in-a-group": Case(
        [made("openstack:compute/instance:Instance", securityGroups=["web"])],
        [made("openstack:compute/instance:Instance")],
    ),
    "openstack-load-balancer-tls": Case(
        [made("openstack:loadbalancer/listener:Listener", protocol="TERMINATED_HTTPS")],
        [made("openstack:loadbalancer/listener:Listener", protocol="HTTP")],
    ),
}
