"""Keys, images, disks, databases and logs in AWS."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from infra.policy.iam import allowing, anyone, named
from infra.policy.inputs import at, given, items, number, text, true, unseen
from infra.policy.references import cis_aws, cis_eks, fsbp, security_hub
from infra.policy.rule import Rules
from infra.policy.stack import Stack
from infra.review.resource import Resource

RULES = Rules("AWS")

_KEY: Final = "aws:kms/key:Key"
_REPOSITORY: Final = "aws:ecr/repository:Repository"
_TEMPLATE: Final = "aws:ec2/launchTemplate:LaunchTemplate"
_DATABASES: Final = ("aws:rds/instance:Instance", "aws:rds/cluster:Cluster")
LEAST_WINDOW: Final = 14
"""Days; KMS takes 7 to 30."""


@RULES.of_resource(
    _KEY,
    name="aws-kms-rotation",
    title="Every key of KMS is rotated each year",
    reason="The longer a key is used, the more is lost with it",
    remedy="set enableKeyRotation",
    severity="medium",
    references=[security_hub("KMS.4"), cis_aws("3.6")],
)
def rotation(key: Resource) -> Iterator[str]:
    spec = text(key.inputs, "customerMasterKeySpec") or "SYMMETRIC_DEFAULT"
    if spec == "SYMMETRIC_DEFAULT" and not true(key.inputs, "enableKeyRotation"):
        yield "is never rotated"


@RULES.of_resource(
    _KEY,
    name="aws-kms-deletion-window",
    title=f"A key of KMS that is deleted can be saved for {LEAST_WINDOW} days at least",
    reason="Everything that is encrypted with a deleted key is lost",
    remedy=f"set deletionWindowInDays to {LEAST_WINDOW} or more, or leave it out: that is 30",
    severity="medium",
    references=[fsbp("KMS.3")],
)
def deletion_window(key: Resource) -> Iterator[str]:
    days = number(key.inputs, "deletionWindowInDays")
    if days is not None and days < LEAST_WINDOW:
        yield f"is gone for good {days:.0f} days after its deletion"


@RULES.of_resource(
    _KEY,
    name="aws-kms-not-public",
    title="No key of KMS can be used by everyone",
    reason="What anyone can decrypt is not encrypted",
    remedy="name the account or the roles in the key's policy",
    severity="critical",
    references=[fsbp("KMS.5")],
)
def key_not_public(key: Resource) -> Iterator[str]:
    for each in allowing(key.inputs, "policy"):
        if anyone(each):
            yield f"can be used by everyone, by {named(each)} of its policy"


@RULES.of_resource(
    _REPOSITORY,
    name="aws-ecr-scanned",
    title="Every image is scanned when it is pushed",
    reason="A known hole in a library shows before the image runs",
    remedy="set imageScanningConfiguration.scanOnPush",
    severity="medium",
    references=[fsbp("ECR.1"), cis_eks("5.1.1")],
)
def scanned(repository: Resource) -> Iterator[str]:
    if not true(repository.inputs, "imageScanningConfiguration", "scanOnPush"):
        yield "does not scan what is pushed"


@RULES.of_resource(
    _REPOSITORY,
    name="aws-ecr-immutable",
    title="A tag of an image always names the same image",
    reason="A tag that moves makes what runs another thing than what was tested",
    remedy="set imageTagMutability to IMMUTABLE",
    severity="high",
    references=[fsbp("ECR.2")],
)
def immutable(repository: Resource) -> Iterator[str]:
    if not (text(repository.inputs, "imageTagMutability") or "").startswith("IMMUTABLE"):
        yield "lets tags move"


@RULES.of_stack(
    name="aws-ecr-lifecycle",
    title="Every image repository says which images go",
    reason="Images that nobody runs are paid by the gigabyte",
    remedy="give the repository a LifecyclePolicy",
    severity="low",
    references=[fsbp("ECR.3")],
)
def image_lifecycle(stack: Stack) -> Iterator[tuple[Resource, str]]:
    for repository in stack.of_type(_REPOSITORY):
        if not any(stack.parts(repository, "aws:ecr/lifecyclePolicy:LifecyclePolicy", "repository", "name")):
            yield repository, "keeps every image for ever"


@RULES.of_resource(
    "aws:ebs/volume:Volume",
    _TEMPLATE,
    "aws:ec2/instance:Instance",
    name="aws-disks-encrypted",
    title="Every disk is encrypted",
    reason="Snapshots and disks that AWS takes back hold what was written to them",
    remedy="set encrypted on the volume, on each block device of a template, and on a machine's root device",
    severity="high",
    references=[fsbp("EC2.3"), fsbp("EC2.181"), cis_aws("5.1.1")],
)
def disks_encrypted(resource: Resource) -> Iterator[str]:
    inputs = resource.inputs
    if resource.type == "aws:ebs/volume:Volume":
        if not true(inputs, "encrypted") and not unseen(inputs, "encrypted"):
            yield "is not encrypted"
    elif resource.type == _TEMPLATE:
        for device in items(inputs, "blockDeviceMappings"):
            if given(device, "ebs") and not true(device, "ebs", "encrypted"):
                yield f"has the disk {text(device, 'deviceName')}, which is not encrypted"
    elif not true(inputs, "rootBlockDevice", "encrypted"):
        yield "has a root device that is not encrypted"


@RULES.of_resource(
    "aws:cloudwatch/logGroup:LogGroup",
    name="aws-logs-expire",
    title="Every log group says how long it keeps its logs",
    reason="What is kept for ever is paid for ever, and holds addresses of people longer than anyone needs "
    "them",
    remedy="set retentionInDays (aws.log_retention_days)",
    severity="medium",
    references=[security_hub("CloudWatch.16")],
)
def logs_expire(group: Resource) -> Iterator[str]:
    if not number(group.inputs, "retentionInDays") and not unseen(group.inputs, "retentionInDays"):
        yield "keeps its logs for ever"


@RULES.of_resource(
    *_DATABASES,
    name="aws-database-private",
    title="No database can be reached from the internet",
    reason="A guessed password is all that lies between the internet and its rows",
    remedy="leave publiclyAccessible out, and reach it through the VPC or the link",
    severity="critical",
    references=[fsbp("RDS.2")],
)
def database_private(database: Resource) -> Iterator[str]:
    if true(database.inputs, "publiclyAccessible"):
        yield "can be reached from the internet"


_AT_REST: Final = {
    **dict.fromkeys(_DATABASES, ("storageEncrypted",)),
    "aws:efs/fileSystem:FileSystem": ("encrypted",),
    "aws:fsx/lustreFileSystem:LustreFileSystem": ("kmsKeyId",),
    "aws:cloudwatch/logGroup:LogGroup": ("kmsKeyId",),
    "aws:sqs/queue:Queue": ("kmsMasterKeyId", "sqsManagedSseEnabled"),
    "aws:sns/topic:Topic": ("kmsMasterKeyId",),
    "aws:dynamodb/table:Table": ("serverSideEncryption",),
    "aws:secretsmanager/secret:Secret": ("kmsKeyId",),
    _REPOSITORY: ("encryptionConfigurations",),
}
"""By type, the inputs of which one says how it is encrypted. Buckets and disks have rules of their own."""


@RULES.of_resource(
    *_AT_REST,
    name="aws-encrypted-at-rest",
    title="Whatever keeps data is encrypted, with a key of the estate where it can be",
    reason="One store that was forgotten is the one that is copied",
    remedy="give it a key of the estate, by the input that is named",
    severity="high",
    references=[fsbp("RDS.3"), fsbp("EFS.1"), fsbp("SQS.1"), security_hub("ECR.5")],
)
def encrypted_at_rest(resource: Resource) -> Iterator[str]:
    keys = _AT_REST[resource.type]
    if not any(
        given(resource.inputs, key) and at(resource.inputs, key) not in (False, "false") for key in keys
    ):
        yield f"is not encrypted with a key of the estate ({' or '.join(keys)})"
