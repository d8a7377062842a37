"""Networks in AWS: what can be reached from where."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from infra.policy.iam import allowing, named, principals
from infra.policy.inputs import at, given, items, number, open_to_all, text, true
from infra.policy.references import cis_aws, fsbp, security_hub
from infra.policy.rule import Rules
from infra.policy.stack import Stack
from infra.review.resource import Resource

RULES = Rules("AWS")

_GROUP: Final = "aws:ec2/securityGroup:SecurityGroup"
_INGRESS: Final = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
_GROUP_RULE: Final = "aws:ec2/securityGroupRule:SecurityGroupRule"
_BALANCERS: Final = ("aws:lb/loadBalancer:LoadBalancer", "aws:alb/loadBalancer:LoadBalancer")
_LISTENERS: Final = ("aws:lb/listener:Listener", "aws:alb/listener:Listener")
ADMIN_PORTS: Final = (22, 3389)
OPEN_PORTS: Final = frozenset({80, 443})
"""What may be open to the internet, as EC2.18 has it."""


def admitted(resource: Resource) -> Iterator[Mapping[str, Any]]:
    """What a group or a rule of one lets in."""
    if resource.type == _GROUP:
        yield from (each for each in items(resource.inputs, "ingress") if isinstance(each, Mapping))
    elif resource.type == _INGRESS or text(resource.inputs, "type") == "ingress":
        yield resource.inputs


def from_anywhere(rule: Mapping[str, Any]) -> bool:
    """Whether a rule of a security group lets every address in."""
    single = ("cidrIpv4", "cidrIpv6")
    many = ("cidrBlocks", "ipv6CidrBlocks")
    return any(open_to_all(rule, key) for key in single) or any(
        open_to_all(block) for key in many for block in items(rule, key)
    )


def ports(rule: Mapping[str, Any]) -> tuple[float, float]:
    """The first and the last port of a rule; a protocol of -1 is all of them."""
    protocol = at(rule, "ipProtocol") or at(rule, "protocol")
    first, last = number(rule, "fromPort"), number(rule, "toPort")
    if protocol in ("-1", -1, "all") or first is None or first < 0:
        return 0, 65535
    return first, last if last is not None else first


@RULES.of_resource(
    _GROUP,
    _INGRESS,
    _GROUP_RULE,
    name="aws-no-open-admin-ports",
    title="No machine can be administered from the internet",
    reason="SSH and RDP that anyone can reach are tried by everyone, within minutes",
    remedy="name the networks of those who administer, or use Session Manager and open no port at all",
    severity="critical",
    references=[security_hub("EC2.53"), security_hub("EC2.54"), cis_aws("5.3"), cis_aws("5.4")],
)
def no_open_admin_ports(resource: Resource) -> Iterator[str]:
    for rule in admitted(resource):
        first, last = ports(rule)
        reached = [port for port in ADMIN_PORTS if first <= port <= last]
        if from_anywhere(rule) and reached:
            yield f"lets every address reach port {' and '.join(map(str, reached))}"


@RULES.of_resource(
    _GROUP,
    _INGRESS,
    _GROUP_RULE,
    name="aws-no-open-ports",
    title="Nothing but HTTP and HTTPS is open to the internet",
    reason="What need not be reached cannot be attacked",
    remedy="name the networks that need the port",
    severity="high",
    references=[fsbp("EC2.18"), fsbp("EC2.19")],
)
def no_open_ports(resource: Resource) -> Iterator[str]:
    for rule in admitted(resource):
        first, last = ports(rule)
        if from_anywhere(rule) and not (first == last and first in OPEN_PORTS):
            yield f"lets every address reach ports {first:.0f} to {last:.0f}"


@RULES.of_resource(
    _INGRESS,
    _GROUP_RULE,
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",
    name="aws-security-group-described",
    title="Every rule of a security group says what it is for",
    reason="A rule that nobody can explain is one that nobody dares to take away",
    remedy="write a description",
    severity="low",
)
def described(rule: Resource) -> Iterator[str]:
    if not given(rule.inputs, "description"):
        yield "does not say what it is for"


@RULES.of_stack(
    name="aws-default-group-closed",
    title="The default security group of every VPC is closed",
    reason="What is made without a group gets this one, which else lets its members reach each other and "
    "the world",
    remedy="take it into the program as a DefaultSecurityGroup with no rules",
    severity="high",
    references=[fsbp("EC2.2"), cis_aws("5.5")],
)
def default_group_closed(stack: Stack) -> Iterator[tuple[Resource, str]]:
    for vpc in stack.of_type("aws:ec2/vpc:Vpc"):
        groups = list(stack.parts(vpc, "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup", "vpcId", "id"))
        if not groups:
            yield vpc, "leaves its default security group as AWS makes it"
        for group in groups:
            if items(group.inputs, "ingress") or items(group.inputs, "egress"):
                yield group, "has rules"


@RULES.of_stack(
    name="aws-flow-logs",
    title="Every VPC logs its traffic",
    reason="Without flow logs nobody can say afterwards where data went",
    remedy="give the VPC a FlowLog of all traffic",
    severity="medium",
    references=[fsbp("EC2.6"), cis_aws("3.7")],
)
def flow_logs(stack: Stack) -> Iterator[tuple[Resource, str]]:
    for vpc in stack.of_type("aws:ec2/vpc:Vpc"):
        logs = list(stack.parts(vpc, "aws:ec2/flowLog:FlowLog", "vpcId", "id"))
        if not any(text(log.inputs, "trafficType") in ("ALL", "REJECT") for log in logs):
            yield vpc, "logs no traffic"


@RULES.of_resource(
    "aws:ec2/subnet:Subnet",
    name="aws-subnet-no-public-address",
    title="No subnet gives its machines public addresses by itself",
    reason="A machine that is put there by mistake is on the internet at once",
    remedy="set mapPublicIpOnLaunch to false; a NAT gateway or a load balancer asks for its own address",
    severity="medium",
    references=[fsbp("EC2.15")],
)
def subnet_no_public_address(subnet: Resource) -> Iterator[str]:
    if true(subnet.inputs, "mapPublicIpOnLaunch"):
        yield "gives every machine a public address"


@RULES.of_resource(
    "aws:ec2/networkAcl:NetworkAcl",
    "aws:ec2/networkAclRule:NetworkAclRule",
    name="aws-acl-no-open-admin-ports",
    title="No network ACL lets the internet administer machines",
    reason="It is the last door where a security group was opened by mistake",
    remedy="name the networks of those who administer",
    severity="medium",
    references=[fsbp("EC2.21"), cis_aws("5.2")],
)
def acl_no_open_admin_ports(acl: Resource) -> Iterator[str]:
    rules = items(acl.inputs, "ingress")
    if acl.type.endswith("NetworkAclRule") and not true(acl.inputs, "egress"):
        rules = [acl.inputs]
    for rule in rules:
        allowed = text(rule, "action") or text(rule, "ruleAction")
        first, last = ports(rule)
        if (
            allowed == "allow"
            and (open_to_all(rule, "cidrBlock") or open_to_all(rule, "ipv6CidrBlock"))
            and any(first <= port <= last for port in ADMIN_PORTS)
        ):
            yield "lets every address reach port 22 or 3389"


@RULES.of_resource(
    "aws:ec2transitgateway/transitGateway:TransitGateway",
    name="aws-transit-gateway-asks",
    title="A transit gateway takes no attachment that nobody accepted",
    reason="A VPC of another account could join the link, and with it reach the private site",
    remedy="set autoAcceptSharedAttachments to disable",
    severity="high",
    references=[fsbp("EC2.23")],
)
def transit_gateway_asks(gateway: Resource) -> Iterator[str]:
    if text(gateway.inputs, "autoAcceptSharedAttachments") == "enable":
        yield "takes every attachment that it is shared with"


@RULES.of_resource(
    "aws:ec2/vpnConnection:VpnConnection",
    name="aws-vpn-logged",
    title="Both tunnels of a VPN write a log",
    reason="A tunnel that does not come up says why only there",
    remedy="give both tunnels cloudwatchLogOptions with a log group",
    severity="medium",
    references=[fsbp("EC2.171")],
)
def vpn_logged(connection: Resource) -> Iterator[str]:
    for tunnel in (1, 2):
        if not true(connection.inputs, f"tunnel{tunnel}LogOptions", "cloudwatchLogOptions", "logEnabled"):
            yield f"does not log its tunnel {tunnel}"


@RULES.of_resource(
    "aws:ec2/vpcEndpoint:VpcEndpoint",
    name="aws-endpoint-policy",
    title="An endpoint of the VPC lets through what the estate needs, and no more",
    reason="A stolen key of another account could carry data out through an endpoint without a policy",
    remedy='give it a policy that names the account ("aws:ResourceAccount") or the resources',
    severity="medium",
)
def endpoint_policy(endpoint: Resource) -> Iterator[str]:
    if not given(endpoint.inputs, "policy"):
        yield "has no policy, so it lets through everything"
    for each in allowing(endpoint.inputs, "policy"):
        everything = (
            "*" in principals(each) and "*" in items(each, "Action") and "*" in items(each, "Resource")
        )
        if everything and not each.get("Condition"):
            yield f"lets through everything by {named(each)}"


@RULES.of_resource(
    *_BALANCERS,
    name="aws-load-balancer-internal",
    title="Load balancers are inside",
    reason="Recommendations are asked for by the shop, which is inside: a balancer is public where nobody "
    "says "
    "otherwise",
    remedy="set internal; what must be public is an exception with an owner",
    severity="high",
)
def load_balancer_internal(balancer: Resource) -> Iterator[str]:
    if not true(balancer.inputs, "internal"):
        yield "can be reached from the internet"


@RULES.of_resource(
    *_LISTENERS,
    name="aws-load-balancer-tls",
    title="Load balancers speak TLS",
    reason="Questions name customers, if only by pseudonym",
    remedy="listen by HTTPS or TLS with a certificate; port 80 may only send elsewhere",
    severity="high",
    references=[fsbp("ELB.18"), fsbp("ELB.1")],
)
def load_balancer_tls(listener: Resource) -> Iterator[str]:
    protocol = text(listener.inputs, "protocol")
    redirects = any(text(action, "type") == "redirect" for action in items(listener.inputs, "defaultActions"))
    if protocol in ("HTTP", "TCP", "UDP", "TCP_UDP") and not redirects:
        yield f"speaks {protocol}"
