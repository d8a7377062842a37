"""One sample of every row: what it needs around it, inputs, a change in place and a change that replaces.

``{name}`` in a value stands for the id of the needed resource called ``name``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from rehearsal.plugins.openstack import tokens as t

PUBLIC_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHUNRTIwXFOBdYTNzAA8PSIBCWUYe54BkHzCGbT2vsBB rehearsal"
OTHER_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGDFiNAHwrS2yCK4PfHX4qpKVV7bNC1Bi+PhW+YaiUnJ rehearsal"
OUTSIDE = "4f1c2f5e-0000-4000-8000-000000000000"
"""In the place of the external network's id, which each cloud draws anew."""


@dataclass(frozen=True)
class Sample:
    """``update``: inputs to merge for a change in place ({} where the type has none);
    ``replace``: for a change that replaces."""

    inputs: dict[str, Any]
    update: dict[str, Any] = field(default_factory=dict)
    replace: dict[str, Any] = field(default_factory=dict)
    needs: dict[str, tuple[str, dict[str, Any]]] = field(default_factory=dict)


Needs = dict[str, tuple[str, dict[str, Any]]]
NET: Needs = {"net": (t.NETWORK, {"name": "private"})}
SUBNET: Needs = {
    **NET,
    "subnet": (t.SUBNET, {"networkId": "{net}", "cidr": "10.30.0.0/24", "name": "nodes"}),
}
ROUTER: Needs = {"router": (t.ROUTER, {"name": "edge", "externalNetworkId": OUTSIDE})}
ATTACHED: Needs = {
    **SUBNET,
    **ROUTER,
    "interface": (t.ROUTER_INTERFACE, {"routerId": "{router}", "subnetId": "{subnet}"}),
}
GROUP: Needs = {"group": (t.SEC_GROUP, {"name": "nodes"})}
TEMPLATE: Needs = {
    **SUBNET,
    "template": (
        t.CLUSTER_TEMPLATE,
        {
            "coe": "kubernetes",
            "image": "ubuntu",
            "name": "gpu",
            "fixedNetwork": "{net}",
            "fixedSubnet": "{subnet}",
        },
    ),
}
CLUSTER: Needs = {**TEMPLATE, "cluster": (t.CLUSTER, {"clusterTemplateId": "{template}", "name": "shore"})}
PORTED: Needs = {
    **ATTACHED,
    **GROUP,
    "port": (
        t.PORT,
        {"name": "gateway", "networkId": "{net}", "fixedIps": [{"subnetId": "{subnet}"}]},
    ),
}
LINK: Needs = {
    **ATTACHED,
    "ike": (t.IKE_POLICY, {"name": "ike", "ikeVersion": "v2"}),
    "ipsec": (t.IPSEC_POLICY, {"name": "esp"}),
    "service": (t.VPN_SERVICE, {"name": "vpn", "routerId": "{router}"}),
    "local": (t.ENDPOINT_GROUP, {"name": "local", "type": "subnet", "endpoints": ["{subnet}"]}),
    "peer": (t.ENDPOINT_GROUP, {"name": "peer", "type": "cidr", "endpoints": ["10.20.0.0/16"]}),
}

SAMPLES: dict[str, Sample] = {
    t.NETWORK: Sample({"name": "n", "mtu": 1400}, {"description": "private side"}, {"tenantId": "other"}),
    t.SUBNET: Sample(
        {
            "name": "s",
            "networkId": "{net}",
            "cidr": "10.30.0.0/24",
            "gatewayIp": "10.30.0.1",
            "dnsNameservers": ["10.0.0.2"],
            "allocationPools": [{"start": "10.30.0.10", "end": "10.30.0.200"}],
        },
        {"dnsNameservers": ["10.0.0.3"]},
        {
            "cidr": "10.31.0.0/24",
            "gatewayIp": "10.31.0.1",
            "allocationPools": [{"start": "10.31.0.10", "end": "10.31.0.200"}],
        },
        NET,
    ),
    t.ROUTER: Sample({"name": "r"}, {"externalNetworkId": OUTSIDE}, {"distributed": True}),
    t.ROUTER_INTERFACE: Sample(
        {"routerId": "{router}", "subnetId": "{subnet}"},
        {"forceDestroy": True},
        {"subnetId": "{second}"},
        {
            **SUBNET,
            **ROUTER,
            "second": (t.SUBNET, {"networkId": "{net}", "cidr": "10.31.0.0/24", "name": "second"}),
        },
    ),
    t.SEC_GROUP: Sample({"name": "g"}, {"description": "nodes"}, {"deleteDefaultRules": True}),
    t.SEC_GROUP_RULE: Sample(
        {
            "direction": "ingress",
            "ethertype": "IPv4",
            "securityGroupId": "{group}",
            "protocol": "tcp",
            "portRangeMin": 443,
            "portRangeMax": 443,
            "remoteIpPrefix": "10.20.0.0/16",
        },
        {},
        {"portRangeMin": 80},
        GROUP,
    ),
    t.CONTAINER: Sample(
        {"name": "raw-orders"}, {"metadata": {"purpose": "orders"}}, {"storagePolicy": "cold"}
    ),
    t.CLUSTER_TEMPLATE: Sample(
        {"name": "t", "coe": "kubernetes", "image": "ubuntu", "networkDriver": "calico"},
        {"dockerVolumeSize": 50},
        {"region": "RegionTwo"},
    ),
    t.CLUSTER: Sample(
        {"name": "c", "clusterTemplateId": "{template}", "nodeCount": 2},
        {"nodeCount": 3},
        {"labels": {"boot_volume_size": "60"}},
        TEMPLATE,
    ),
    t.NODE_GROUP: Sample(
        {
            "name": "gpu",
            "clusterId": "{cluster}",
            "flavorId": "g1.large",
            "minNodeCount": 0,
            "nodeCount": 1,
            "maxNodeCount": 4,
        },
        {"maxNodeCount": 6},
        {"flavorId": "g2.large"},
        CLUSTER,
    ),
    t.IKE_POLICY: Sample(
        {
            "name": "i",
            "ikeVersion": "v2",
            "authAlgorithm": "sha256",
            "encryptionAlgorithm": "aes-256-gcm-16",
            "pfs": "group14",
            "lifetimes": [{"units": "seconds", "value": 28800}],
        },
        {"pfs": "group20"},
        {"tenantId": "other"},
    ),
    t.IPSEC_POLICY: Sample({"name": "e", "pfs": "group14"}, {"pfs": "group20"}, {"tenantId": "other"}),
    t.VPN_SERVICE: Sample(
        {"name": "v", "routerId": "{router}"},
        {"description": "link"},
        {"subnetId": "{subnet}"},
        ATTACHED,
    ),
    t.ENDPOINT_GROUP: Sample(
        {"name": "p", "type": "cidr", "endpoints": ["10.20.0.0/16", "10.21.0.0/16"]},
        {"description": "public side"},
        {"endpoints": ["10.22.0.0/16"]},
    ),
    t.SITE_CONNECTION: Sample(
        {
            "name": "tunnel-1",
            "ikepolicyId": "{ike}",
            "ipsecpolicyId": "{ipsec}",
            "vpnserviceId": "{service}",
            "localEpGroupId": "{local}",
            "peerEpGroupId": "{peer}",
            "peerAddress": "198.51.100.7",
            "peerId": "198.51.100.7",
            "psk": "made by the other half",
            "initiator": "bi-directional",
            "dpds": [{"action": "restart", "interval": 10, "timeout": 30}],
        },
        {"psk": "made anew"},
        {"tenantId": "other"},
        LINK,
    ),
    t.PORT: Sample(
        {
            "name": "p",
            "networkId": "{net}",
            "fixedIps": [{"subnetId": "{subnet}", "ipAddress": "10.30.0.20"}],
            "securityGroupIds": ["{group}"],
            "allowedAddressPairs": [{"ipAddress": "10.30.0.9"}, {"ipAddress": "10.20.0.0/16"}],
        },
        {"description": "of a gateway"},
        {"tenantId": "other"},
        {**SUBNET, **GROUP},
    ),
    t.FLOATING_IP: Sample(
        {"pool": "public", "portId": "{port}"}, {"description": "of a gateway"}, {"tenantId": "other"}, PORTED
    ),
    t.ROUTER_ROUTE: Sample(
        {"routerId": "{router}", "destinationCidr": "10.20.0.0/16", "nextHop": "10.30.0.9"},
        {},
        {"nextHop": "10.30.0.10"},
        ATTACHED,
    ),
    t.SERVER_GROUP: Sample({"name": "apart", "policies": "anti-affinity"}, {}, {"policies": "affinity"}),
    t.INSTANCE: Sample(
        {
            "name": "gateway",
            "imageName": "debian-12",
            "flavorName": "m1.medium",
            "networks": [{"port": "{port}"}],
            "schedulerHints": [{"group": "{apart}"}],
            "configDrive": True,
            "userData": "#cloud-config\n{}",
        },
        {"metadata": {"purpose": "link"}},
        {"userData": '#cloud-config\n{"users": []}'},
        {**PORTED, "apart": (t.SERVER_GROUP, {"name": "apart", "policies": "anti-affinity"})},
    ),
    t.KEYPAIR: Sample({"name": "k", "publicKey": PUBLIC_KEY}, {}, {"publicKey": OTHER_KEY}),
}
