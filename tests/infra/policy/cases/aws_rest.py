"""Networks, machines, the cluster and access in AWS."""

from __future__ import annotations

from typing import Any

from infra.review.resource import Resource
from tests.infra.policy.cases.made import Case, allow, made, policy, urn

GROUP = "aws:ec2/securityGroup:SecurityGroup"
INGRESS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
OLD_RULE = "aws:ec2/securityGroupRule:SecurityGroupRule"
VPC = "aws:ec2/vpc:Vpc"
SUBNET = "aws:ec2/subnet:Subnet"
TEMPLATE = "aws:ec2/launchTemplate:LaunchTemplate"
CLUSTER = "aws:eks/cluster:Cluster"
NODES = "aws:eks/nodeGroup:NodeGroup"
ROLE_POLICY = "aws:iam/rolePolicy:RolePolicy"
ROLE = "aws:iam/role:Role"
VPN = "aws:ec2/vpnConnection:VpnConnection"
TAGS = ("eks-cluster-name", "kubernetes-namespace", "kubernetes-service-account")
LOGGED = {"cloudwatchLogOptions": {"logEnabled": True}}
OF_VPC: dict[str, Any] = {"depends__vpcId": [urn(VPC, "net")]}


def rule(*statements: Any) -> list[Resource]:
    """A policy of a role."""
    return [made(ROLE_POLICY, policy=policy(*statements))]


def pods(*tags: str) -> list[Resource]:
    """A role for pods, whose trust asks for these tags of a session."""
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "pods.eks.amazonaws.com"},
        "Action": ["sts:AssumeRole", "sts:TagSession"],
        "Condition": {"StringEquals": {f"aws:RequestTag/{tag}": "one" for tag in tags}},
    }
    return [made(ROLE, assumeRolePolicy=policy(statement))]


def cluster(**inputs: Any) -> list[Resource]:
    return [made(CLUSTER, **inputs)]


def routed(gateway: str) -> list[Resource]:
    """Nodes in a subnet whose default route leads to a gateway."""
    kind = f"aws:ec2/{gateway}:{gateway[0].upper()}{gateway[1:]}"
    key = "gatewayId" if gateway == "internetGateway" else "natGatewayId"
    door: dict[str, Any] = {f"depends__{key}": [urn(kind, "door")]}
    return [
        made(SUBNET, "sub"),
        made("aws:ec2/routeTable:RouteTable", "table"),
        made(kind, "door"),
        made(
            "aws:ec2/route:Route",
            "out",
            depends__routeTableId=[urn("aws:ec2/routeTable:RouteTable", "table")],
            **door,
        ),
        made(
            "aws:ec2/routeTableAssociation:RouteTableAssociation",
            "with",
            depends__routeTableId=[urn("aws:ec2/routeTable:RouteTable", "table")],
            depends__subnetId=[urn(SUBNET, "sub")],
        ),
        made(NODES, depends__subnetIds=[urn(SUBNET, "sub")]),
    ]


CASES = {
    "aws-no-open-admin-ports": Case(
        [
            made(INGRESS, "https", cidrIpv4="0.0.0.0/0", fromPort=443, toPort=443, ipProtocol="tcp"),
            made(INGRESS, cidrIpv4="10.0.0.0/8", fromPort=22, toPort=22, ipProtocol="tcp"),
        ],
        [
            made(
                GROUP,
                ingress=[{"cidrBlocks": ["0.0.0.0/0"], "fromPort": 0, "toPort": 100, "protocol": "tcp"}],
            )
        ],
    ),
    "aws-no-open-ports": Case(
        [
            made(OLD_RULE, "out", type="egress", cidrBlocks=["0.0.0.0/0"], protocol="-1"),
            made(INGRESS, cidrIpv4="0.0.0.0/0", fromPort=443, toPort=443, ipProtocol="tcp"),
        ],
        [made(OLD_RULE, type="ingress", ipv6CidrBlocks=["::/0"], fromPort=5432, toPort=5432, protocol="tcp")],
    ),
    "aws-security-group-described": Case([made(INGRESS, description="from the VPC")], [made(INGRESS)]),
    "aws-default-group-closed": Case(
        [made(VPC, "net"), made("aws:ec2/defaultSecurityGroup:DefaultSecurityGroup", ingress=[], **OF_VPC)],
        [
            made(VPC, "net"),
            made("aws:ec2/defaultSecurityGroup:DefaultSecurityGroup", egress=[{"protocol": "-1"}], **OF_VPC),
        ],
    ),
    "aws-flow-logs": Case(
        [made(VPC, "net"), made("aws:ec2/flowLog:FlowLog", trafficType="ALL", **OF_VPC)],
        [made(VPC), made("aws:ec2/flowLog:FlowLog", "of-another", trafficType="ALL", **OF_VPC)],
    ),
    "aws-subnet-no-public-address": Case(
        [made(SUBNET, mapPublicIpOnLaunch=False)], [made(SUBNET, mapPublicIpOnLaunch=True)]
    ),
    "aws-acl-no-open-admin-ports": Case(
        [
            made(
                "aws:ec2/networkAclRule:NetworkAclRule",
                egress=False,
                ruleAction="allow",
                cidrBlock="0.0.0.0/0",
                fromPort=443,
                toPort=443,
                protocol="tcp",
            )
        ],
        [
            made(
                "aws:ec2/networkAcl:NetworkAcl",
                ingress=[
                    {
                        "action": "allow",
                        "cidrBlock": "0.0.0.0/0",
                        "fromPort": 0,
                        "toPort": 0,
                        "protocol": "-1",
                    }
                ],
            )
        ],
    ),
    "aws-transit-gateway-asks": Case(
        [made("aws:ec2transitgateway/transitGateway:TransitGateway")],
        [made("aws:ec2transitgateway/transitGateway:TransitGateway", autoAcceptSharedAttachments="enable")],
    ),
    "aws-vpn-logged": Case(
        [made(VPN, tunnel1LogOptions=LOGGED, tunnel2LogOptions=LOGGED)], [made(VPN, tunnel1LogOptions=LOGGED)]
    ),
    "aws-endpoint-policy": Case(
        [
            made(
                "aws:ec2/vpcEndpoint:VpcEndpoint",
                policy=policy(allow("*", "*", Principal="*", Condition={"StringEquals": {"a": "b"}})),
            )
        ],
        [made("aws:ec2/vpcEndpoint:VpcEndpoint", policy=policy(allow("*", "*", Principal="*")))],
    ),
    "aws-load-balancer-internal": Case(
        [made("aws:lb/loadBalancer:LoadBalancer", internal=True)], [made("aws:lb/loadBalancer:LoadBalancer")]
    ),
    "aws-load-balancer-tls": Case(
        [
            made("aws:lb/listener:Listener", protocol="HTTPS"),
            made("aws:lb/listener:Listener", "moved", protocol="HTTP", defaultActions=[{"type": "redirect"}]),
        ],
        [made("aws:lb/listener:Listener", protocol="HTTP", defaultActions=[{"type": "forward"}])],
    ),
    "aws-imdsv2": Case(
        [made(TEMPLATE, metadataOptions={"httpTokens": "required"})],
        [made("aws:ec2/instance:Instance", metadataOptions={"httpTokens": "optional"})],
    ),
    "aws-imds-one-hop": Case(
        [made(TEMPLATE, metadataOptions={"httpPutResponseHopLimit": 1})],
        [made(TEMPLATE, metadataOptions={"httpPutResponseHopLimit": 2})],
    ),
    "aws-machine-no-public-address": Case(
        [made(TEMPLATE, networkInterfaces=[{"associatePublicIpAddress": "false"}])],
        [made(TEMPLATE, networkInterfaces=[{"associatePublicIpAddress": "true"}])],
    ),
    "aws-eks-endpoint-not-open": Case(
        cluster(vpcConfig={"endpointPublicAccess": True, "publicAccessCidrs": ["192.0.2.0/24"]}),
        cluster(vpcConfig={"subnetIds": []}),
    ),
    "aws-eks-private-endpoint": Case(
        cluster(vpcConfig={"endpointPrivateAccess": True}),
        cluster(vpcConfig={"endpointPrivateAccess": False}),
    ),
    "aws-eks-secrets-encrypted": Case(
        cluster(encryptionConfig={"provider": {"keyArn": "arn:aws:kms:eu-west-1:1:key/k"}}), cluster(name="c")
    ),
    "aws-eks-audit-logs": Case(
        cluster(enabledClusterLogTypes=["audit", "authenticator"]), cluster(enabledClusterLogTypes=["api"])
    ),
    "aws-eks-supported-version": Case(cluster(version="1.36"), cluster(version="1.32")),
    "aws-eks-access-entries": Case(
        cluster(accessConfig={"authenticationMode": "API"}),
        cluster(accessConfig={"authenticationMode": "CONFIG_MAP"}),
    ),
    "aws-eks-private-nodes": Case(routed("natGateway"), routed("internetGateway")),
    "aws-eks-nodes-by-template": Case([made(NODES, launchTemplate={"id": "lt"})], [made(NODES)]),
    "aws-eks-no-remote-access": Case([made(NODES)], [made(NODES, remoteAccess={"ec2SshKey": "mine"})]),
    "aws-eks-addons-pinned": Case(
        [made("aws:eks/addon:Addon", addonVersion="v1")], [made("aws:eks/addon:Addon", addonName="coredns")]
    ),
    "aws-iam-no-administrator": Case(rule(allow("s3:GetObject")), rule(allow("*", "*"))),
    "aws-iam-no-wildcard-actions": Case(rule(allow(["s3:Get*"])), rule(allow(["s3:GetObject", "S3:*"]))),
    "aws-iam-no-decrypt-everything": Case(
        rule(allow("kms:Decrypt", "arn:aws:kms:eu-west-1:1:key/k")), rule(allow("kms:Decrypt", "*"))
    ),
    "aws-iam-no-pass-any-role": Case(
        rule(allow("iam:PassRole", "arn:aws:iam::1:role/nodes")), rule(allow("iam:PassRole", "*"))
    ),
    "aws-iam-no-users": Case([made(ROLE)], [made("aws:iam/accessKey:AccessKey", user="ci")]),
    "aws-iam-trust-bounded": Case(
        [
            made(
                ROLE,
                assumeRolePolicy=policy(
                    {
                        "Effect": "Allow",
                        "Principal": {"Federated": "arn:aws:iam::1:oidc-provider/o"},
                        "Action": "sts:AssumeRoleWithWebIdentity",
                        "Condition": {"StringEquals": {"o:sub": "system:serviceaccount:a:b"}},
                    }
                ),
            )
        ],
        [
            made(
                ROLE,
                assumeRolePolicy=policy(
                    {
                        "Effect": "Allow",
                        "Principal": {"Federated": "arn:aws:iam::1:oidc-provider/o"},
                        "Action": "sts:AssumeRoleWithWebIdentity",
                    }
                ),
            )
        ],
    ),
    "aws-iam-pod-trust-named": Case(pods(*TAGS), pods(*TAGS[1:])),
    "aws-iam-no-broad-managed-policy": Case(
        [
            made(
                "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
                policyArn="arn:aws:iam::aws:policy/AmazonEKS_CNI_Policy",
            )
        ],
        [made(ROLE, managedPolicyArns=["arn:aws:iam::aws:policy/AdministratorAccess"])],
    ),
    "aws-iam-policy-sound": Case(
        rule({"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::bucket/*"}),
        rule({"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::bucket"}),
    ),
}
