"""One sample per row of the table: inputs, a change that needs no replacement, and what must exist first.

``{name}`` in a string is the id of an earlier sample (``{vpc}``), ``{name.arn}`` one of its outputs.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "eks.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ],
    }
)


def _may_send(service: str) -> str:
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sqs:SendMessage"}
    return json.dumps({"Version": "2012-10-17", "Statement": [{**statement, "Resource": "*"}]})


def allow(action: str) -> str:
    statement = {"Effect": "Allow", "Action": action, "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@dataclass(frozen=True)
class Sample:
    """``change``: inputs merged over ``inputs`` for the update; None where the type has no update at all."""

    type: str
    inputs: dict[str, Any]
    change: dict[str, Any] | None = None
    needs: tuple[str, ...] = ()
    checks: dict[str, Any] = field(default_factory=dict)


TAGS = {"tags": {"Name": "one", "team": "shop"}}
RETAG = {"tags": {"Name": "two", "owner": "ops"}}

SAMPLES: dict[str, Sample] = {
    "vpc": Sample(
        "aws:ec2/vpc:Vpc",
        {"cidrBlock": "10.9.0.0/16", "enableDnsHostnames": True, "enableDnsSupport": True, **TAGS},
        {"enableDnsHostnames": False, **RETAG},
    ),
    "subnet": Sample(
        "aws:ec2/subnet:Subnet",
        {
            "vpcId": "{vpc}",
            "cidrBlock": "10.9.1.0/24",
            "availabilityZone": "eu-west-1a",
            "mapPublicIpOnLaunch": True,
            **TAGS,
        },
        {"mapPublicIpOnLaunch": False, **RETAG},
        ("vpc",),
    ),
    "subnet2": Sample(
        "aws:ec2/subnet:Subnet",
        {"vpcId": "{vpc}", "cidrBlock": "10.9.2.0/24", "availabilityZone": "eu-west-1b"},
        TAGS,
        ("vpc",),
    ),
    "igw": Sample("aws:ec2/internetGateway:InternetGateway", {"vpcId": "{vpc}", **TAGS}, RETAG, ("vpc",)),
    "eip": Sample("aws:ec2/eip:Eip", {"domain": "vpc", **TAGS}, RETAG),
    "nat": Sample(
        "aws:ec2/natGateway:NatGateway",
        {"subnetId": "{subnet}", "allocationId": "{eip}", "connectivityType": "public", **TAGS},
        RETAG,
        ("subnet", "eip"),
    ),
    "table": Sample("aws:ec2/routeTable:RouteTable", {"vpcId": "{vpc}", **TAGS}, RETAG, ("vpc",)),
    "inline_table": Sample(
        "aws:ec2/routeTable:RouteTable",
        {"vpcId": "{vpc}", "routes": [{"cidrBlock": "0.0.0.0/0", "gatewayId": "{igw}"}]},
        {"routes": []},
        ("vpc", "igw"),
    ),
    "route": Sample(
        "aws:ec2/route:Route",
        {"routeTableId": "{table}", "destinationCidrBlock": "0.0.0.0/0", "gatewayId": "{igw}"},
        {"gatewayId": None, "natGatewayId": "{nat}"},
        ("table", "igw", "nat"),
    ),
    "association": Sample(
        "aws:ec2/routeTableAssociation:RouteTableAssociation",
        {"routeTableId": "{table}", "subnetId": "{subnet}"},
        None,
        ("table", "subnet"),
    ),
    "endpoint": Sample(
        "aws:ec2/vpcEndpoint:VpcEndpoint",
        {
            "vpcId": "{vpc}",
            "serviceName": "com.amazonaws.eu-west-1.s3",
            "vpcEndpointType": "Gateway",
            "routeTableIds": ["{table}"],
            **TAGS,
        },
        {"routeTableIds": [], **RETAG},
        ("vpc", "table"),
    ),
    "interface_endpoint": Sample(
        "aws:ec2/vpcEndpoint:VpcEndpoint",
        {
            "vpcId": "{vpc}",
            "serviceName": "com.amazonaws.eu-west-1.s3",
            "vpcEndpointType": "Interface",
            "subnetIds": ["{subnet}"],
            "subnetConfigurations": [{"subnetId": "{subnet}", "ipv4": "10.9.1.240"}],
            "securityGroupIds": ["{group}"],
            "privateDnsEnabled": True,
            "dnsOptions": {"dnsRecordIpType": "ipv4", "privateDnsOnlyForInboundResolverEndpoint": True},
            **TAGS,
        },
        {"subnetConfigurations": [{"subnetId": "{subnet}", "ipv4": "10.9.1.241"}], **RETAG},
        ("vpc", "subnet", "group"),
    ),
    "flow_log": Sample(
        "aws:ec2/flowLog:FlowLog",
        {
            "vpcId": "{vpc}",
            "trafficType": "ALL",
            "logDestinationType": "s3",
            "logDestination": "{bucket.arn}",
            "maxAggregationInterval": 60,
            **TAGS,
        },
        RETAG,
        ("vpc", "bucket"),
    ),
    "default_group": Sample(
        "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup", {"vpcId": "{vpc}", **TAGS}, RETAG, ("vpc",)
    ),
    "group": Sample(
        "aws:ec2/securityGroup:SecurityGroup",
        {
            "name": "nodes",
            "description": "nodes of the cluster",
            "vpcId": "{vpc}",
            "ingress": [{"protocol": "tcp", "fromPort": 443, "toPort": 443, "cidrBlocks": ["10.9.0.0/16"]}],
            **TAGS,
        },
        {
            "ingress": [{"protocol": "tcp", "fromPort": 80, "toPort": 80, "cidrBlocks": ["10.9.0.0/16"]}],
            **RETAG,
        },
        ("vpc",),
    ),
    "ingress": Sample(
        "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
        {
            "securityGroupId": "{group}",
            "ipProtocol": "tcp",
            "fromPort": 8000,
            "toPort": 8001,
            "cidrIpv4": "10.8.0.0/16",
            "description": "answers",
        },
        {"toPort": 8002},
        ("group",),
    ),
    "template": Sample(
        "aws:ec2/launchTemplate:LaunchTemplate",
        {
            "name": "gpu",
            "instanceType": "g5.xlarge",
            "updateDefaultVersion": True,
            "metadataOptions": {"httpTokens": "required", "httpPutResponseHopLimit": 2},
            "blockDeviceMappings": [
                {
                    "deviceName": "/dev/xvda",
                    "ebs": {
                        "volumeSize": 100,
                        "volumeType": "gp3",
                        "encrypted": "true",
                        "deleteOnTermination": "true",
                    },
                }
            ],
            "tagSpecifications": [{"resourceType": "instance", "tags": {"pool": "gpu"}}],
            **TAGS,
        },
        {"instanceType": "g6.xlarge", **RETAG},
    ),
    "customer_gateway": Sample(
        "aws:ec2/customerGateway:CustomerGateway",
        {"type": "ipsec.1", "ipAddress": "198.51.100.7", "bgpAsn": "65010", **TAGS},
        RETAG,
    ),
    "vpn_gateway": Sample(
        "aws:ec2/vpnGateway:VpnGateway", {"vpcId": "{vpc}", "amazonSideAsn": "64520", **TAGS}, RETAG, ("vpc",)
    ),
    "free_gateway": Sample("aws:ec2/vpnGateway:VpnGateway", {}, TAGS),
    "attachment": Sample(
        "aws:ec2/vpnGatewayAttachment:VpnGatewayAttachment",
        {"vpcId": "{vpc}", "vpnGatewayId": "{free_gateway}"},
        None,
        ("vpc", "free_gateway"),
    ),
    "propagation": Sample(
        "aws:ec2/vpnGatewayRoutePropagation:VpnGatewayRoutePropagation",
        {"vpnGatewayId": "{vpn_gateway}", "routeTableId": "{table}"},
        None,
        ("vpn_gateway", "table"),
    ),
    "connection": Sample(
        "aws:ec2/vpnConnection:VpnConnection",
        {
            "customerGatewayId": "{customer_gateway}",
            "vpnGatewayId": "{vpn_gateway}",
            "type": "ipsec.1",
            "staticRoutesOnly": True,
            "localIpv4NetworkCidr": "10.20.0.0/16",
            "remoteIpv4NetworkCidr": "10.9.0.0/16",
            **{
                f"tunnel{n}{key}": value
                for n in (1, 2)
                for key, value in {
                    "IkeVersions": ["ikev2"],
                    "Phase1DhGroupNumbers": [20],
                    "Phase2DhGroupNumbers": [20],
                    "Phase1EncryptionAlgorithms": ["AES256-GCM-16"],
                    "Phase2EncryptionAlgorithms": ["AES256-GCM-16"],
                    "Phase1IntegrityAlgorithms": ["SHA2-384"],
                    "Phase2IntegrityAlgorithms": ["SHA2-384"],
                    "Phase1LifetimeSeconds": 28800,
                    "Phase2LifetimeSeconds": 3600,
                    "DpdTimeoutAction": "restart",
                    "DpdTimeoutSeconds": 30,
                    "StartupAction": "start",
                    "RekeyFuzzPercentage": 100,
                    "RekeyMarginTimeSeconds": 540,
                    "ReplayWindowSize": 1024,
                    "InsideCidr": f"169.254.{10 + n}.0/30",
                    "EnableTunnelLifecycleControl": True,
                    "LogOptions": {
                        "cloudwatchLogOptions": {
                            "logEnabled": True,
                            "logGroupArn": "arn:aws:logs:eu-west-1:123456789012:log-group:link",
                            "logOutputFormat": "json",
                        }
                    },
                }.items()
            },
            **TAGS,
        },
        {"tunnel1DpdTimeoutSeconds": 40, **RETAG},
        ("customer_gateway", "vpn_gateway"),
    ),
    "vpn_route": Sample(
        "aws:ec2/vpnConnectionRoute:VpnConnectionRoute",
        {"destinationCidrBlock": "10.20.0.0/16", "vpnConnectionId": "{connection}"},
        None,
        ("connection",),
    ),
    "tgw": Sample(
        "aws:ec2transitgateway/transitGateway:TransitGateway",
        {
            "description": "hub",
            "amazonSideAsn": 64530,
            "dnsSupport": "enable",
            "vpnEcmpSupport": "enable",
            **TAGS,
        },
        {"description": "the hub", "vpnEcmpSupport": "disable", **RETAG},
    ),
    "tgw_attachment": Sample(
        "aws:ec2transitgateway/vpcAttachment:VpcAttachment",
        {
            "transitGatewayId": "{tgw}",
            "vpcId": "{vpc}",
            "subnetIds": ["{subnet}"],
            "dnsSupport": "enable",
            **TAGS,
        },
        {"dnsSupport": "disable", "subnetIds": ["{subnet2}"], **RETAG},
        ("tgw", "vpc", "subnet", "subnet2"),
    ),
    "tgw_route": Sample(
        "aws:ec2transitgateway/route:Route",
        {
            "destinationCidrBlock": "10.20.0.0/16",
            "transitGatewayAttachmentId": "{tgw_attachment}",
            "transitGatewayRouteTableId": "{tgw.associationDefaultRouteTableId}",
        },
        None,
        ("tgw", "tgw_attachment"),
    ),
    "key": Sample(
        "aws:kms/key:Key",
        {
            "description": "buckets",
            "enableKeyRotation": True,
            "deletionWindowInDays": 7,
            "policy": allow("kms:*"),
            **TAGS,
        },
        {"description": "all buckets", "enableKeyRotation": False, "policy": allow("kms:Decrypt"), **RETAG},
    ),
    "alias": Sample(
        "aws:kms/alias:Alias",
        {"name": "alias/buckets", "targetKeyId": "{key}"},
        {"targetKeyId": "{key2}"},
        ("key", "key2"),
    ),
    "key2": Sample("aws:kms/key:Key", {"description": "other"}, {"isEnabled": False}),
    "bucket": Sample(
        "aws:s3/bucket:Bucket", {"bucket": "sample-bucket", "forceDestroy": True, **TAGS}, RETAG
    ),
    "versioning": Sample(
        "aws:s3/bucketVersioning:BucketVersioning",
        {"bucket": "{bucket}", "versioningConfiguration": {"status": "Enabled"}},
        {"versioningConfiguration": {"status": "Suspended"}},
        ("bucket",),
    ),
    "encryption": Sample(
        "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
        {
            "bucket": "{bucket}",
            "rules": [
                {
                    "applyServerSideEncryptionByDefault": {
                        "sseAlgorithm": "aws:kms",
                        "kmsMasterKeyId": "{key.arn}",
                    },
                    "bucketKeyEnabled": True,
                }
            ],
        },
        {"rules": [{"applyServerSideEncryptionByDefault": {"sseAlgorithm": "AES256"}}]},
        ("bucket", "key"),
    ),
    "public_block": Sample(
        "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
        {
            "bucket": "{bucket}",
            "blockPublicAcls": True,
            "blockPublicPolicy": True,
            "ignorePublicAcls": True,
            "restrictPublicBuckets": True,
        },
        {"restrictPublicBuckets": False},
        ("bucket",),
    ),
    "lifecycle": Sample(
        "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
        {
            "bucket": "{bucket}",
            "rules": [
                {
                    "id": "uploads",
                    "status": "Enabled",
                    "filter": {"prefix": ""},
                    "abortIncompleteMultipartUpload": {"daysAfterInitiation": 3},
                },
                {
                    "id": "old",
                    "status": "Enabled",
                    "filter": {"prefix": "batches/"},
                    "transitions": [{"days": 30, "storageClass": "STANDARD_IA"}],
                    "expiration": {"days": 365},
                    "noncurrentVersionExpiration": {"noncurrentDays": 30},
                },
            ],
        },
        {
            "rules": [
                {"id": "old", "status": "Disabled", "filter": {"prefix": "x/"}, "expiration": {"days": 3}}
            ]
        },
        ("bucket",),
    ),
    "bucket_policy": Sample(
        "aws:s3/bucketPolicy:BucketPolicy",
        {"bucket": "{bucket}", "policy": allow("s3:GetObject")},
        {"policy": allow("s3:PutObject")},
        ("bucket",),
    ),
    "ownership": Sample(
        "aws:s3/bucketOwnershipControls:BucketOwnershipControls",
        {"bucket": "{bucket}", "rule": {"objectOwnership": "BucketOwnerEnforced"}},
        {"rule": {"objectOwnership": "BucketOwnerPreferred"}},
        ("bucket",),
    ),
    "logging": Sample(
        "aws:s3/bucketLogging:BucketLogging",
        {"bucket": "{bucket}", "targetBucket": "{log_bucket}", "targetPrefix": "s3/"},
        {"targetPrefix": "access/"},
        ("bucket", "log_bucket", "log_policy"),
    ),
    "log_bucket": Sample("aws:s3/bucket:Bucket", {"bucket": "sample-logs", "forceDestroy": True}, TAGS),
    "log_policy": Sample(
        "aws:s3/bucketPolicy:BucketPolicy",
        {
            "bucket": "{log_bucket}",
            "policy": json.dumps(
                {
                    "Version": "2012-10-17",
                    "Statement": [
                        {
                            "Effect": "Allow",
                            "Principal": {"Service": "logging.s3.amazonaws.com"},
                            "Action": "s3:PutObject",
                            "Resource": "arn:aws:s3:::sample-logs/*",
                        }
                    ],
                }
            ),
        },
        {"policy": allow("s3:PutObject")},
        ("log_bucket",),
    ),
    "repository": Sample(
        "aws:ecr/repository:Repository",
        {
            "name": "isthmus/training",
            "imageTagMutability": "IMMUTABLE",
            "imageScanningConfiguration": {"scanOnPush": True},
            "encryptionConfigurations": [{"encryptionType": "KMS", "kmsKey": "{key.arn}"}],
            "forceDelete": True,
            **TAGS,
        },
        {"imageTagMutability": "MUTABLE", "imageScanningConfiguration": {"scanOnPush": False}, **RETAG},
        ("key",),
    ),
    "repository_policy": Sample(
        "aws:ecr/lifecyclePolicy:LifecyclePolicy",
        {
            "repository": "{repository}",
            "policy": json.dumps(
                {
                    "rules": [
                        {
                            "rulePriority": 1,
                            "selection": {
                                "tagStatus": "untagged",
                                "countType": "imageCountMoreThan",
                                "countNumber": 5,
                            },
                            "action": {"type": "expire"},
                        }
                    ]
                }
            ),
        },
        {
            "policy": json.dumps(
                {
                    "rules": [
                        {
                            "rulePriority": 1,
                            "selection": {
                                "tagStatus": "untagged",
                                "countType": "imageCountMoreThan",
                                "countNumber": 9,
                            },
                            "action": {"type": "expire"},
                        }
                    ]
                }
            )
        },
        ("repository",),
    ),
    "role": Sample(
        "aws:iam/role:Role",
        {
            "name": "nodes",
            "assumeRolePolicy": TRUST,
            "description": "nodes",
            "maxSessionDuration": 3600,
            **TAGS,
        },
        {"description": "all nodes", "maxSessionDuration": 7200, **RETAG},
    ),
    "role_policy": Sample(
        "aws:iam/rolePolicy:RolePolicy",
        {"role": "{role}", "name": "read", "policy": allow("s3:GetObject")},
        {"policy": allow("s3:ListBucket")},
        ("role",),
    ),
    "role_attachment": Sample(
        "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
        {"role": "{role}", "policyArn": "arn:aws:iam::aws:policy/AmazonEKSWorkerNodePolicy"},
        None,
        ("role",),
    ),
    "oidc": Sample(
        "aws:iam/openIdConnectProvider:OpenIdConnectProvider",
        {
            "url": "https://oidc.private.example.org",
            "clientIdLists": ["sts.amazonaws.com"],
            "thumbprintLists": ["9e99a48a9960b14926bb7f3b02e22da2b0ab7280"],
            **TAGS,
        },
        {
            "thumbprintLists": ["cf23df2207d99a74fbe169e3eba035e633b65d94"],
            "clientIdLists": ["one.example.org", "two.example.org"],
            **RETAG,
        },
    ),
    "cluster": Sample(
        "aws:eks/cluster:Cluster",
        {
            "name": "shop",
            "version": "1.33",
            "roleArn": "{role.arn}",
            "vpcConfig": {
                "subnetIds": ["{subnet}", "{subnet2}"],
                "endpointPrivateAccess": True,
                "endpointPublicAccess": False,
            },
            "enabledClusterLogTypes": ["api", "audit"],
            "accessConfig": {"authenticationMode": "API", "bootstrapClusterCreatorAdminPermissions": False},
            "kubernetesNetworkConfig": {"serviceIpv4Cidr": "172.20.0.0/16"},
            "encryptionConfig": {"provider": {"keyArn": "{key.arn}"}, "resources": ["secrets"]},
            "bootstrapSelfManagedAddons": False,
            **TAGS,
        },
        {"version": "1.34", "enabledClusterLogTypes": ["api"], **RETAG},
        ("role", "subnet", "subnet2", "key"),
    ),
    "node_group": Sample(
        "aws:eks/nodeGroup:NodeGroup",
        {
            "clusterName": "{cluster}",
            "nodeGroupName": "system",
            "nodeRoleArn": "{role.arn}",
            "subnetIds": ["{subnet}"],
            "capacityType": "ON_DEMAND",
            "instanceTypes": ["m6i.large"],
            "scalingConfig": {"minSize": 1, "desiredSize": 1, "maxSize": 3},
            "updateConfig": {"maxUnavailable": 1},
            "labels": {"pool": "system"},
            "taints": [{"key": "gpu", "value": "yes", "effect": "NO_SCHEDULE"}],
            **TAGS,
        },
        {
            "scalingConfig": {"minSize": 1, "desiredSize": 2, "maxSize": 4},
            "labels": {"pool": "base"},
            **RETAG,
        },
        ("cluster", "role", "subnet"),
    ),
    "access": Sample(
        "aws:eks/accessEntry:AccessEntry",
        {
            "clusterName": "{cluster}",
            "principalArn": "{role.arn}",
            "type": "STANDARD",
            "kubernetesGroups": ["ops"],
            **TAGS,
        },
        {"kubernetesGroups": ["ops", "dev"], **RETAG},
        ("cluster", "role"),
    ),
    "access_policy": Sample(
        "aws:eks/accessPolicyAssociation:AccessPolicyAssociation",
        {
            "clusterName": "{cluster}",
            "principalArn": "{role.arn}",
            "policyArn": "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy",
            "accessScope": {"type": "cluster"},
        },
        None,
        ("cluster", "role"),
    ),
    "addon": Sample(
        "aws:eks/addon:Addon",
        {
            "clusterName": "{cluster}",
            "addonName": "vpc-cni",
            "addonVersion": "v1.20.0-eksbuild.1",
            "configurationValues": "{}",
            "resolveConflictsOnCreate": "OVERWRITE",
            "resolveConflictsOnUpdate": "OVERWRITE",
        },
        {"addonVersion": "v1.20.1-eksbuild.1"},
        ("cluster",),
    ),
    "pod_identity": Sample(
        "aws:eks/podIdentityAssociation:PodIdentityAssociation",
        {
            "clusterName": "{cluster}",
            "namespace": "training",
            "serviceAccount": "train",
            "roleArn": "{role.arn}",
            **TAGS,
        },
        {"roleArn": "{role2.arn}"},
        ("cluster", "role", "role2"),
    ),
    "role2": Sample("aws:iam/role:Role", {"name": "other", "assumeRolePolicy": TRUST}, TAGS),
    "log_group": Sample(
        "aws:cloudwatch/logGroup:LogGroup",
        {"name": "/shop/api", "retentionInDays": 30, "kmsKeyId": "{key.arn}", **TAGS},
        {"retentionInDays": 90, **RETAG},
        ("key",),
    ),
    "alarm": Sample(
        "aws:cloudwatch/metricAlarm:MetricAlarm",
        {
            "name": "tunnel-down",
            "namespace": "AWS/VPN",
            "metricName": "TunnelState",
            "dimensions": {"VpnId": "vpn-1"},
            "statistic": "Maximum",
            "comparisonOperator": "LessThanOrEqualToThreshold",
            "threshold": 0,
            "period": 60,
            "evaluationPeriods": 3,
            "treatMissingData": "breaching",
            "alarmActions": ["arn:aws:sns:eu-west-1:123456789012:on-call"],
            **TAGS,
        },
        {"evaluationPeriods": 5, **RETAG},
    ),
    "profile": Sample(
        "aws:iam/instanceProfile:InstanceProfile",
        {"name": "nodes", "role": "{role2}", **TAGS},
        {"role": "{role}", **RETAG},
        ("role", "role2"),
    ),
    "queue": Sample(
        "aws:sqs/queue:Queue",
        {"name": "warned", "messageRetentionSeconds": 300, "sqsManagedSseEnabled": True, **TAGS},
        {"messageRetentionSeconds": 600, **RETAG},
    ),
    "queue_policy": Sample(
        "aws:sqs/queuePolicy:QueuePolicy",
        {"queueUrl": "{queue}", "policy": _may_send("events.amazonaws.com")},
        {"policy": _may_send("sns.amazonaws.com")},
        ("queue",),
    ),
    "rule": Sample(
        "aws:cloudwatch/eventRule:EventRule",
        {"name": "warns", "description": "it warns", "eventPattern": '{"source":["aws.ec2"]}', **TAGS},
        {"eventPattern": '{"source":["aws.health"]}', **RETAG},
    ),
    "target": Sample(
        "aws:cloudwatch/eventTarget:EventTarget",
        {"rule": "{rule}", "targetId": "queue", "arn": "{queue.arn}"},
        {"arn": "arn:aws:sqs:eu-west-1:123456789012:another"},
        ("rule", "queue"),
    ),
    "trail_bucket": Sample("aws:s3/bucket:Bucket", {"bucket": "the-trail", "objectLockEnabled": True}),
    "lock": Sample(
        "aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration",
        {
            "bucket": "{trail_bucket}",
            "objectLockEnabled": "Enabled",
            "rule": {"defaultRetention": {"mode": "GOVERNANCE", "days": 365}},
        },
        {"rule": {"defaultRetention": {"mode": "GOVERNANCE", "days": 30}}},
        ("trail_bucket",),
    ),
    "trail": Sample(
        "aws:cloudtrail/trail:Trail",
        {
            "name": "the-trail",
            "s3BucketName": "{trail_bucket}",
            "isMultiRegionTrail": True,
            "enableLogFileValidation": True,
            "enableLogging": True,
            "includeGlobalServiceEvents": True,
            **TAGS,
        },
        {"enableLogging": False, "kmsKeyId": "{key.arn}", **RETAG},
        ("trail_bucket", "key"),
    ),
    "cost_tag": Sample(
        "aws:costexplorer/costAllocationTag:CostAllocationTag",
        {"tagKey": "project", "status": "Active"},
        {"status": "Inactive"},
    ),
    "budget": Sample(
        "aws:budgets/budget:Budget",
        {
            "name": "shop",
            "budgetType": "COST",
            "timeUnit": "MONTHLY",
            "limitAmount": "500",
            "limitUnit": "USD",
            "notifications": [
                {
                    "comparisonOperator": "GREATER_THAN",
                    "threshold": 80,
                    "thresholdType": "PERCENTAGE",
                    "notificationType": "FORECASTED",
                    "subscriberEmailAddresses": ["ops@example.org"],
                }
            ],
        },
        {"limitAmount": "900", "timeUnit": "QUARTERLY"},
    ),
}
