"""Mistakes in AWS resources of the estate: one of each kind, and what the judge says to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

GONE = object()
"""In the place of a value: the key is taken out."""

LAUNCH_TEMPLATE = "aws:ec2/launchTemplate:LaunchTemplate"
SUBNET = "aws:ec2/subnet:Subnet"
ENCRYPTION = "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
LIFECYCLE = "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration"
LOG_GROUP = "aws:cloudwatch/logGroup:LogGroup"
REPOSITORY = "aws:ecr/repository:Repository"
BUCKET_POLICY = "aws:s3/bucketPolicy:BucketPolicy"
SECURITY_GROUP = "aws:ec2/securityGroup:SecurityGroup"
INGRESS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
VPN = "aws:ec2/vpnConnection:VpnConnection"
CLUSTER = "aws:eks/cluster:Cluster"
NODES = "aws:eks/nodeGroup:NodeGroup"
BUCKET = "aws:s3/bucket:Bucket"
KEY = "aws:kms/key:Key"
ROLE = "aws:iam/role:Role"
ROLE_POLICY = "aws:iam/rolePolicy:RolePolicy"


@dataclass(frozen=True)
class Wrong:
    """A resource of the estate with one mistake."""

    title: str
    type: str
    changes: Mapping[str, Any]
    """Path and value; parts of a path are keys and numbers, also inside of a policy's text."""
    says: str
    """Part of the judge's sentence."""
    name: str = ""
    """The end of the resource's name."""


WRONG: tuple[Wrong, ...] = (
    Wrong(
        "a word that is none of a list",
        LAUNCH_TEMPLATE,
        {"blockDeviceMappings/0/ebs/volumeType": "fast"},
        "VolumeType: 'fast' is not one of ['gp2', 'gp3'",
    ),
    Wrong(
        "Kubernetes' word in the place of EKS's",
        NODES,
        {"taints/0/effect": "NoSchedule"},
        "Effect: 'NoSchedule' is not one of ['NO_EXECUTE'",
        "-serving",
    ),
    Wrong(
        "a word in a list",
        CLUSTER,
        {"enabledClusterLogTypes/0": "everything"},
        "'everything' is not one of ['api', 'audit'",
    ),
    Wrong(
        "a number that is none of a list",
        LOG_GROUP,
        {"retentionInDays": 100},
        "RetentionInDays: 100 is not one of [1, 3, 5",
    ),
    Wrong(
        "a Diffie-Hellman group that AWS has not",
        VPN,
        {"tunnel1Phase1DhGroupNumbers/0": 5},
        "Phase1DHGroupNumbers/0/Value: 5 is not one of",
    ),
    Wrong(
        "a cipher that S3 has not",
        ENCRYPTION,
        {"rules/0/applyServerSideEncryptionByDefault/sseAlgorithm": "AES128"},
        "SSEAlgorithm: 'AES128' is not one of",
    ),
    Wrong(
        "a letter that a text must not have",
        SECURITY_GROUP,
        {"description": "the estate's API"},
        'GroupDescription: "the estate\'s API" does not match',
    ),
    Wrong(
        "a capital letter in a bucket's name",
        BUCKET,
        {"bucket": "Isthmus-logs"},
        "'Isthmus-logs' is not a 'AWS::S3::Bucket.Name'",
    ),
    Wrong(
        "a beginning that is missing",
        "aws:kms/alias:Alias",
        {"name": "isthmus"},
        "'isthmus' is not a 'AWS::KMS::Alias.AliasName'",
    ),
    Wrong("a version that is none", CLUSTER, {"version": "latest"}, "Version: 'latest' does not match"),
    Wrong("a name that is too long", ROLE, {"name": "x" * 65}, "RoleName: 'xxxxxxx"),
    Wrong("a name that is too short", REPOSITORY, {"name": "x"}, "RepositoryName: 'x' is shorter than 2"),
    Wrong(
        "a text that is too short",
        "aws:ecr/lifecyclePolicy:LifecyclePolicy",
        {"policy": "{}"},
        "LifecyclePolicyText: '{}' is shorter than 100",
    ),
    Wrong(
        "a number that is too large",
        VPN,
        {"tunnel1Phase1LifetimeSeconds": 86400},
        "86400 is greater than the maximum of 28800",
    ),
    Wrong(
        "a number that is too small",
        VPN,
        {"tunnel1DpdTimeoutSeconds": 10},
        "10 is less than the minimum of 30",
    ),
    Wrong(
        "a share of nothing",
        "aws:budgets/budget:Budget",
        {"notifications/0/threshold": 0},
        "Threshold: 0 is less than the minimum of 0.1",
    ),
    Wrong(
        "more entries than may be",
        "aws:iam/openIdConnectProvider:OpenIdConnectProvider",
        {"thumbprintLists": ["a" * 40] * 6},
        "maximum item count: 5, found: 6",
    ),
    Wrong(
        "a text for a number",
        NODES,
        {"scalingConfig/maxSize": "two"},
        "MaxSize: 'two' is not of type 'integer'",
    ),
    Wrong(
        "a text for yes or no",
        CLUSTER,
        {"vpcConfig/endpointPublicAccess": "perhaps"},
        "'perhaps' is not of type 'boolean'",
    ),
    Wrong("a number for a list", NODES, {"instanceTypes": 3}, "InstanceTypes: 3 is not of type 'array'"),
    Wrong("what must be there", SUBNET, {"vpcId": GONE}, "'VpcId' is a required property"),
    Wrong(
        "what must be there, deep inside",
        LIFECYCLE,
        {"rules/0/status": GONE},
        "LifecycleConfiguration/Rules/0: 'Status' is a required property",
    ),
    Wrong(
        "what a word elsewhere asks for",
        LAUNCH_TEMPLATE,
        {"blockDeviceMappings/0/ebs/volumeType": "io1"},
        "'Iops' is a required property when 'VolumeType'",
    ),
    Wrong("a misspelt field", CLUSTER, {"vpcConfig/endpointPublic": True}, "'endpointPublic' was unexpected"),
    Wrong(
        "an id of something else",
        SUBNET,
        {"vpcId": "subnet-0123456789abcdef0"},
        "is not a 'AWS::EC2::VPC.Id'",
    ),
    Wrong(
        "an id of something else in a list",
        CLUSTER,
        {"vpcConfig/securityGroupIds/0": "vpc-0123456789abcdef0"},
        "is not a 'AWS::EC2::SecurityGroup.Id'",
    ),
    Wrong(
        "an ARN of something else",
        LOG_GROUP,
        {"kmsKeyId": "arn:aws:iam::123456789012:role/key"},
        "KmsKeyId: 'arn:aws:iam::123456789012:role/key' does not match",
    ),
    Wrong(
        "an ARN of a user where a role belongs",
        "aws:eks/podIdentityAssociation:PodIdentityAssociation",
        {"roleArn": "arn:aws:iam::123456789012:user/x"},
        "is not a 'AWS::IAM::Role.Arn'",
    ),
    Wrong(
        "a network with 33 bits",
        SUBNET,
        {"cidrBlock": "10.64.0.0/33"},
        "'10.64.0.0/33' is not a 'ipv4-network'",
    ),
    Wrong(
        "two of which one is asked for", INGRESS, {"cidrIpv6": "::/0"}, "Only one of ['CidrIp', 'CidrIpv6'"
    ),
    Wrong(
        "ports without an end", INGRESS, {"toPort": GONE}, "['FromPort', 'ToPort'] are required properties"
    ),
    Wrong(
        "a name that another has",
        BUCKET,
        {"bucket": "isthmus-prod-333333333333-arrivals"},
        "should have unique values across the resources",
        "logs",
    ),
    Wrong(
        "a subnet that lies in another",
        SUBNET,
        {"cidrBlock": "10.64.0.0/23"},
        # Which of the two is told first goes by the order in which they were asked for.
        "overlaps with '10.64.",
    ),
    Wrong(
        "a right that there is not",
        ROLE_POLICY,
        {"policy/Statement/0/Action": "s3:ListBuckets"},
        "Action: 'listbuckets' is not one of",
    ),
    Wrong(
        "an effect that there is not",
        ROLE_POLICY,
        {"policy/Statement/0/Effect": "Permit"},
        "Effect: 'Permit' is not one of ['Allow', 'Deny']",
    ),
    Wrong(
        "a policy of another date",
        ROLE_POLICY,
        {"policy/Version": "2012-10-18"},
        "Version: '2012-10-18' is not one of",
    ),
    Wrong(
        "a role's policy that names somebody",
        ROLE_POLICY,
        {"policy/Statement/0/Principal": "*"},
        "('Principal' was unexpected)",
    ),
    Wrong(
        "a resource that is no ARN",
        ROLE_POLICY,
        {"policy/Statement/0/Resource": "bucket"},
        "Resource: 'bucket' does not match",
    ),
    Wrong(
        "a trust in nobody",
        ROLE,
        {"assumeRolePolicy/Statement/0/Principal": GONE},
        "AssumeRolePolicyDocument/Statement/0: Only one of ['Principal'",
    ),
    Wrong(
        "a bucket's policy about nobody",
        BUCKET_POLICY,
        {"policy/Statement/0/Principal": GONE},
        "PolicyDocument/Statement/0: Only one of ['Principal'",
    ),
    Wrong(
        "a condition that there is not",
        BUCKET_POLICY,
        {"policy/Statement/0/Condition": {"Boolean": {}}},
        "'Boolean' does not match any of the regexes",
    ),
)
