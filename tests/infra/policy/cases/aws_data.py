"""Buckets, keys, images, disks, databases and logs in AWS."""

from __future__ import annotations

from typing import Any

from infra.review.resource import Resource
from tests.infra.policy.cases.made import Case, allow, made, policy

BUCKET = "aws:s3/bucket:Bucket"
KEY = "aws:kms/key:Key"
REPOSITORY = "aws:ecr/repository:Repository"
TEMPLATE = "aws:ec2/launchTemplate:LaunchTemplate"
PROVIDER = made("pulumi:providers:aws", "aws", allowedAccountIds='["111111111111"]')
LOCKS = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
TLS = {
    "Effect": "Deny",
    "Principal": "*",
    "Action": "s3:*",
    "Resource": "*",
    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
}

bucket = made(BUCKET, bucket="b")


def part(kind: str, **inputs: Any) -> Resource:
    """What belongs to the bucket."""
    return made(f"aws:s3/{kind[0].lower()}{kind[1:]}:{kind}", "part", bucket="b", **inputs)


def block(**inputs: Any) -> Resource:
    return part("BucketPublicAccessBlock", **{**dict.fromkeys(LOCKS, True), **inputs})


def by_key(**inputs: Any) -> Resource:
    return part(
        "BucketServerSideEncryptionConfiguration", rules=[{"applyServerSideEncryptionByDefault": inputs}]
    )


def statement_of(document: str) -> Resource:
    return made("aws:s3/bucketPolicy:BucketPolicy", bucket="b", policy=document, provider=PROVIDER.urn)


CASES = {
    "aws-s3-public-access-blocked": Case([bucket, block()], [bucket, block(blockPublicPolicy=False)]),
    "aws-s3-tls-only": Case(
        [bucket, part("BucketPolicy", policy=policy(TLS))],
        [bucket, part("BucketPolicy", policy=policy(allow("s3:GetObject", Principal={"AWS": "a"})))],
    ),
    "aws-s3-no-public-policy": Case(
        [statement_of(policy(allow("s3:GetObject", Principal="*", Condition={"StringEquals": {"a": "b"}})))],
        [statement_of(policy(allow("s3:GetObject", Principal={"AWS": "*"})))],
    ),
    "aws-s3-no-public-acl": Case(
        [made(BUCKET, acl="private")], [made("aws:s3/bucketAcl:BucketAcl", acl="public-read")]
    ),
    "aws-s3-no-foreign-account": Case(
        [PROVIDER, statement_of(policy(allow("s3:*", Principal={"AWS": "arn:aws:iam::111111111111:root"})))],
        [PROVIDER, statement_of(policy(allow("s3:*", Principal={"AWS": "arn:aws:iam::222222222222:root"})))],
    ),
    "aws-s3-versioned": Case(
        [bucket, part("BucketVersioning", versioningConfiguration={"status": "Enabled"})],
        [bucket, part("BucketVersioning", versioningConfiguration={"status": "Suspended"})],
    ),
    "aws-s3-own-key": Case(
        [bucket, by_key(sseAlgorithm="aws:kms", kmsMasterKeyId="k")],
        [bucket, by_key(sseAlgorithm="AES256")],
    ),
    "aws-s3-no-acls": Case(
        [bucket, part("BucketOwnershipControls", rule={"objectOwnership": "BucketOwnerEnforced"})],
        [bucket, part("BucketOwnershipControls", rule={"objectOwnership": "ObjectWriter"})],
    ),
    "aws-s3-access-logged": Case(
        [
            made(BUCKET, "data", bucket="data"),
            bucket,
            made("aws:s3/bucketLogging:BucketLogging", bucket="data", targetBucket="b"),
        ],
        [bucket],
    ),
    "aws-s3-lifecycle": Case([bucket, part("BucketLifecycleConfiguration", rules=[{}])], [bucket]),
    "aws-keeps-objects": Case([bucket], [made(BUCKET, forceDestroy=True)]),
    "aws-kms-rotation": Case(
        [made(KEY, enableKeyRotation=True), made(KEY, "mac", customerMasterKeySpec="HMAC_256")], [made(KEY)]
    ),
    "aws-kms-deletion-window": Case([made(KEY)], [made(KEY, deletionWindowInDays=7)]),
    "aws-kms-not-public": Case(
        [made(KEY, policy=policy(allow("kms:*", "*", Principal={"AWS": "arn:aws:iam::111111111111:root"})))],
        [made(KEY, policy=policy(allow("kms:Decrypt", "*", Principal={"AWS": "*"})))],
    ),
    "aws-ecr-scanned": Case(
        [made(REPOSITORY, imageScanningConfiguration={"scanOnPush": True})], [made(REPOSITORY)]
    ),
    "aws-ecr-immutable": Case(
        [made(REPOSITORY, imageTagMutability="IMMUTABLE")], [made(REPOSITORY, imageTagMutability="MUTABLE")]
    ),
    "aws-ecr-lifecycle": Case(
        [made(REPOSITORY, name="r"), made("aws:ecr/lifecyclePolicy:LifecyclePolicy", "all", repository="r")],
        [made(REPOSITORY, name="r")],
    ),
    "aws-disks-encrypted": Case(
        [
            made("aws:ebs/volume:Volume", "disk", encrypted=True),
            made(TEMPLATE, blockDeviceMappings=[{"deviceName": "/dev/xvda", "ebs": {"encrypted": "true"}}]),
            made("aws:ec2/instance:Instance", "one", rootBlockDevice={"encrypted": True}),
        ],
        [made(TEMPLATE, blockDeviceMappings=[{"deviceName": "/dev/xvda", "ebs": {"volumeSize": 9}}])],
    ),
    "aws-logs-expire": Case(
        [made("aws:cloudwatch/logGroup:LogGroup", retentionInDays=7)],
        [made("aws:cloudwatch/logGroup:LogGroup")],
    ),
    "aws-database-private": Case(
        [made("aws:rds/instance:Instance")], [made("aws:rds/instance:Instance", publiclyAccessible=True)]
    ),
    "aws-encrypted-at-rest": Case(
        [
            made("aws:sqs/queue:Queue", sqsManagedSseEnabled=True),
            made("aws:sns/topic:Topic", kmsMasterKeyId="k"),
        ],
        [made("aws:rds/instance:Instance", storageEncrypted=False)],
    ),
}
