"""The private site."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from infra.policy.inputs import at, false, given, items, number, open_to_all, text, true, unseen
from infra.policy.references import openstack
from infra.policy.rule import Reference, Rules
from infra.policy.stack import Stack
from infra.review.resource import Resource

RULES = Rules("OpenStack")

_RULE: Final = "openstack:networking/secGroupRule:SecGroupRule"
_CONTAINER: Final = "openstack:objectstorage/container:Container"
_TEMPLATE: Final = "openstack:containerinfra/clusterTemplate:ClusterTemplate"
_CLUSTER: Final = "openstack:containerinfra/cluster:Cluster"
_IKE: Final = "openstack:vpnaas/ikePolicy:IkePolicy"
_IPSEC: Final = "openstack:vpnaas/ipSecPolicy:IpSecPolicy"
_PROVIDER: Final = "pulumi:providers:openstack"
ADMIN_PORTS: Final = (22, 3389, 6443)
STRONG_CIPHERS: Final = ("aes-128", "aes-192", "aes-256")
WEAK_HASHES: Final = ("md5", "sha1")
LEAST_GROUP: Final = 14
_RFC_8247: Final = Reference("RFC 8247", "sections 2.1 to 2.4", "https://www.rfc-editor.org/rfc/rfc8247")
"""What IKEv2 must, should and must not use: groups 2 and 5 and SHA-1 are on their way out."""
_RFC_8221: Final = Reference("RFC 8221", "sections 5 and 6", "https://www.rfc-editor.org/rfc/rfc8221")
_MAGNUM: Final = Reference(
    "Magnum user guide", "Cluster template", "https://docs.openstack.org/magnum/latest/user/"
)


def _from_anywhere(rule: Resource) -> bool:
    if text(rule.inputs, "direction") != "ingress" or given(rule.inputs, "remoteGroupId"):
        return False
    prefix = at(rule.inputs, "remoteIpPrefix")
    # Neutron takes a missing prefix for every address.
    return prefix in (None, "") or open_to_all(prefix)


def _ports(rule: Resource) -> tuple[float, float]:
    first, last = number(rule.inputs, "portRangeMin"), number(rule.inputs, "portRangeMax")
    return (0, 65535) if not first else (first, last or first)


@RULES.of_resource(
    _RULE,
    name="openstack-no-open-admin-ports",
    title="No machine of the private site can be administered from everywhere",
    reason="SSH, RDP and an API server that anyone can reach are tried by everyone, within minutes",
    remedy="name the network or the group of those who administer",
    severity="critical",
    references=[openstack("Networking services security", "networking")],
)
def no_open_admin_ports(rule: Resource) -> Iterator[str]:
    first, last = _ports(rule)
    reached = [port for port in ADMIN_PORTS if first <= port <= last]
    if _from_anywhere(rule) and reached:
        yield f"lets every address reach port {' and '.join(map(str, reached))}"


@RULES.of_resource(
    _RULE,
    name="openstack-no-open-ingress",
    title="Nothing in the private site is open to everyone",
    reason="Customers' data is there; whoever needs an answer comes through the link or from a named network",
    remedy="set remoteIpPrefix or remoteGroupId",
    severity="high",
    references=[openstack("Networking services security", "networking")],
)
def no_open_ingress(rule: Resource) -> Iterator[str]:
    if _from_anywhere(rule):
        yield "lets every address in"


@RULES.of_resource(
    "openstack:networking/secGroup:SecGroup",
    name="openstack-group-no-default-rules",
    title="Security groups have no rules but those that are written",
    reason="Neutron adds two that let everything out",
    remedy="set deleteDefaultRules",
    severity="medium",
    references=[openstack("Networking services security", "networking")],
)
def group_no_default_rules(group: Resource) -> Iterator[str]:
    if not true(group.inputs, "deleteDefaultRules"):
        yield "lets everything out by Neutron's own rules"


@RULES.of_resource(
    "openstack:networking/network:Network",
    "openstack:networking/port:Port",
    name="openstack-port-security",
    title="Ports take traffic for their own addresses only",
    reason="Without port security no security group holds, and a machine can take another's address",
    remedy="leave portSecurityEnabled out, or set it",
    severity="high",
    references=[openstack("Networking services security", "networking")],
)
def port_security(network: Resource) -> Iterator[str]:
    if false(network.inputs, "portSecurityEnabled"):
        yield "has no port security"


@RULES.of_resource(
    "openstack:networking/network:Network",
    name="openstack-network-not-shared",
    title="No network is shared with other projects",
    reason="Another project's machine in it is inside",
    remedy="leave shared out",
    severity="high",
    references=[openstack("Networking services security", "networking")],
)
def network_not_shared(network: Resource) -> Iterator[str]:
    if true(network.inputs, "shared"):
        yield "is shared with other projects"


@RULES.of_resource(
    _CONTAINER,
    name="openstack-container-private",
    title="No container can be read or written by everyone",
    reason="The rows of customers are there",
    remedy="leave containerRead and containerWrite out, or name projects and users",
    severity="critical",
    references=[openstack("Object Storage", "object-storage")],
)
def container_private(container: Resource) -> Iterator[str]:
    for key in ("containerRead", "containerWrite"):
        acl = text(container.inputs, key) or ""
        if ".r:*" in acl or "*:*" in acl.split(","):
            yield f"is open to everyone by {key}"


@RULES.of_resource(
    _CONTAINER,
    name="openstack-container-versioned",
    title="Every container keeps versions of its objects",
    reason="Without versions a wrong upload or a deletion is final",
    remedy="set versioning",
    severity="medium",
    references=[openstack("Object Storage", "object-storage")],
)
def container_versioned(container: Resource) -> Iterator[str]:
    if not true(container.inputs, "versioning") and not given(container.inputs, "versioningLegacy"):
        yield "keeps no versions"


@RULES.of_resource(
    _CONTAINER,
    name="openstack-container-keeps-objects",
    title="A container cannot be deleted while objects are in it",
    reason="A component that is renamed or taken out would take customers' rows along",
    remedy="leave forceDestroy out (openstack.object_store.keep_objects)",
    severity="high",
)
def container_keeps_objects(container: Resource) -> Iterator[str]:
    if true(container.inputs, "forceDestroy"):
        yield "is deleted with all that is in it"


@RULES.of_resource(
    _TEMPLATE,
    _CLUSTER,
    name="openstack-cluster-no-floating-ip",
    title="Neither nodes nor the API server of the private cluster have floating addresses",
    reason="The cluster that holds customers' data would be on the internet",
    remedy="set floatingIpEnabled to false and the label master_lb_floating_ip_enabled to false",
    severity="high",
    references=[_MAGNUM],
)
def cluster_no_floating_ip(cluster: Resource) -> Iterator[str]:
    enabled = at(cluster.inputs, "floatingIpEnabled")
    if enabled in (True, "true"):
        yield "gives its nodes floating addresses"
    if at(cluster.inputs, "labels", "master_lb_floating_ip_enabled") == "true":
        yield "gives its API server a floating address"


@RULES.of_resource(
    _TEMPLATE,
    name="openstack-cluster-tls",
    title="The private cluster speaks TLS",
    reason="Without it, the administrator's key crosses the network as it is",
    remedy="leave tlsDisabled out",
    severity="critical",
    references=[_MAGNUM],
)
def cluster_tls(template: Resource) -> Iterator[str]:
    if true(template.inputs, "tlsDisabled"):
        yield "makes clusters without TLS"


@RULES.of_resource(
    _TEMPLATE,
    name="openstack-template-private",
    title="The template of the cluster belongs to this project",
    reason="Others would make clusters of it, and Magnum changes nothing of a template in use",
    remedy="leave public and hidden out",
    severity="medium",
    references=[_MAGNUM],
)
def template_private(template: Resource) -> Iterator[str]:
    if true(template.inputs, "public"):
        yield "is public"
    if true(template.inputs, "insecureRegistry") or given(template.inputs, "insecureRegistry"):
        yield "pulls images from a registry without TLS"


@RULES.of_resource(
    _CLUSTER,
    name="openstack-cluster-odd-masters",
    title="The private cluster has an odd number of masters",
    reason="etcd needs more than half: the second and the fourth make it more fragile, and no safer",
    remedy="set openstack.cluster.masters to 1, 3 or 5",
    severity="medium",
    references=[Reference("etcd FAQ", "Why an odd number of members", "https://etcd.io/docs/v3.6/faq/")],
)
def cluster_odd_masters(cluster: Resource) -> Iterator[str]:
    masters = number(cluster.inputs, "masterCount")
    if masters is not None and masters % 2 == 0:
        yield f"has {masters:.0f} masters"


@RULES.of_resource(
    _IKE,
    name="openstack-vpn-ike-strong",
    title="The link agrees on keys by IKEv2, with strong ciphers only",
    reason="Weak groups and hashes are broken by those who record today what they read tomorrow",
    remedy=f"set ikeVersion v2, an AES cipher, SHA-256 or longer and group {LEAST_GROUP} or higher",
    severity="high",
    references=[_RFC_8247],
)
def vpn_ike_strong(policy: Resource) -> Iterator[str]:
    if text(policy.inputs, "ikeVersion") not in ("v2", "ikev2") and not unseen(policy.inputs, "ikeVersion"):
        yield "does not ask for IKEv2"
    yield from _weak(policy)


@RULES.of_resource(
    _IPSEC,
    name="openstack-vpn-ipsec-strong",
    title="The link encrypts with strong ciphers only",
    reason="What crosses the link is training data and releases",
    remedy=f"set esp, an AES cipher, SHA-256 or longer and group {LEAST_GROUP} or higher",
    severity="high",
    references=[_RFC_8221],
)
def vpn_ipsec_strong(policy: Resource) -> Iterator[str]:
    if text(policy.inputs, "transformProtocol") == "ah":
        yield "signs and does not encrypt (ah)"
    yield from _weak(policy)


def _weak(policy: Resource) -> Iterator[str]:
    cipher, digest = text(policy.inputs, "encryptionAlgorithm"), text(policy.inputs, "authAlgorithm")
    if cipher is not None and not cipher.startswith(STRONG_CIPHERS):
        yield f"encrypts with {cipher}"
    # Neutron's defaults are SHA-1 and group 5 (neutron-vpnaas, extensions/vpnaas.py).
    if digest in WEAK_HASHES or (digest is None and not unseen(policy.inputs, "authAlgorithm")):
        yield f"signs with {digest or 'sha1, the default'}"
    group = (text(policy.inputs, "pfs") or "group5").removeprefix("group")
    if not unseen(policy.inputs, "pfs") and group.isdigit() and int(group) < LEAST_GROUP:
        yield f"uses group {group}"


@RULES.of_resource(
    _PROVIDER,
    name="openstack-provider-tls",
    title="The private cloud is asked over TLS, and its certificate is checked",
    reason="Whoever is on the way else gets the token of this project",
    remedy="write https in openstack.auth_url, and trust the cloud's CA in place of setting insecure",
    severity="high",
    references=[openstack("Check-Identity", "identity")],
)
def provider_tls(provider: Resource) -> Iterator[str]:
    url = text(provider.inputs, "authUrl") or ""
    on_this_machine = url.startswith(("http://127.0.0.1", "http://localhost", "http://[::1]"))
    if url.startswith("http://") and not on_this_machine:
        yield "speaks HTTP"
    if true(provider.inputs, "insecure"):
        yield "checks no certificate"


@RULES.of_resource(
    "openstack:networking/floatingIp:FloatingIp",
    "openstack:networking/floatingIpAssociate:FloatingIpAssociate",
    name="openstack-no-floating-ip",
    title="Nothing of the private site has a floating address",
    reason="The private site answers through the link",
    remedy="take the address away; what must be reached from outside is an exception with an owner",
    severity="medium",
    references=[openstack("Networking services security", "networking")],
)
def no_floating_ip(_: Resource) -> Iterator[str]:
    yield "puts something of the private site on the internet"


@RULES.of_resource(
    "openstack:compute/instance:Instance",
    name="openstack-instance-in-a-group",
    title="Every machine of the private site has a security group of its own",
    reason="The project's default group lets its members reach each other",
    remedy="name security groups, and not default",
    severity="medium",
    references=[openstack("Networking services security", "networking")],
)
def instance_in_a_group(instance: Resource) -> Iterator[str]:
    # A port has groups of its own, and Nova takes none beside it.
    if any(given(each, "port") for each in items(instance.inputs, "networks")):
        return
    groups = at(instance.inputs, "securityGroups")
    if not groups or groups == ["default"]:
        yield "has the project's default security group"


@RULES.of_stack(
    name="openstack-load-balancer-tls",
    title="Load balancers of the private site speak TLS",
    reason="Questions name customers, if only by pseudonym",
    remedy="listen by TERMINATED_HTTPS, or by HTTPS that is passed on",
    severity="medium",
    references=[openstack("Secure communication", "secure-communication")],
)
def load_balancer_tls(stack: Stack) -> Iterator[tuple[Resource, str]]:
    for listener in stack.of_type("openstack:loadbalancer/listener:Listener"):
        protocol = text(listener.inputs, "protocol")
        if protocol in ("HTTP", "TCP", "UDP"):
            yield listener, f"speaks {protocol}"
