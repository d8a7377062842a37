"""Buckets in AWS: nobody from outside, nothing lost, nothing for ever."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from infra.policy.iam import allowing, anyone, named, principals, statements
from infra.policy.inputs import at, given, items, text, texts, true, unseen
from infra.policy.references import cis_aws, fsbp, security_hub
from infra.policy.rule import Rules
from infra.policy.stack import Stack
from infra.review.resource import Resource

RULES = Rules("AWS")

BUCKETS: Final = ("aws:s3/bucket:Bucket", "aws:s3/bucketV2:BucketV2")
_BLOCK: Final = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
_POLICY: Final = "aws:s3/bucketPolicy:BucketPolicy"
_LOCKS: Final = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")


def _parts(stack: Stack, bucket: Resource, *kinds: str) -> list[Resource]:
    return [part for kind in kinds for part in stack.parts(bucket, kind, "bucket", "bucket", "id")]


def _takes_logs(stack: Stack, bucket: Resource) -> bool:
    return any(stack.parts(bucket, "aws:s3/bucketLogging:BucketLogging", "targetBucket", "bucket", "id"))


@RULES.of_stack(
    name="aws-s3-public-access-blocked",
    title="Every bucket blocks public access in all four ways",
    reason="One mistaken ACL or policy makes customers' data public, and nobody hears of it",
    remedy="give the bucket a BucketPublicAccessBlock with all four settings true",
    severity="critical",
    references=[fsbp("S3.8"), cis_aws("2.1.4")],
)
def public_access_blocked(stack: Stack) -> Iterator[tuple[Resource, str]]:
    for bucket in stack.of_type(*BUCKETS):
        blocks = _parts(stack, bucket, _BLOCK)
        if not blocks:
            yield bucket, "has no public access block"
        for block in blocks:
            absent = [
                lock for lock in _LOCKS if not true(block.inputs, lock) and not unseen(block.inputs, lock)
            ]
            if absent:
                yield bucket, f"does not set {', '.join(absent)} in its public access block"


@RULES.of_stack(
    name="aws-s3-tls-only",
    title="Every bucket refuses requests without TLS",
    reason="Whoever listens on the way reads what is sent without TLS, keys of the signature included",
    remedy='add a policy that denies s3:* to everyone where "aws:SecureTransport" is "false"',
    severity="high",
    references=[fsbp("S3.5"), cis_aws("2.1.1")],
)
def tls_only(stack: Stack) -> Iterator[tuple[Resource, str]]:
    for bucket in stack.of_type(*BUCKETS):
        policies = [at(part.inputs, "policy") for part in _parts(stack, bucket, _POLICY)]
        policies += [bucket.inputs["policy"]] if given(bucket.inputs, "policy") else []
        if not policies:
            yield bucket, "has no policy, so it answers requests without TLS"
        elif not any(unseen(policy) or _denies_plain(policy) for policy in policies):
            yield bucket, "has a policy that lets requests without TLS through"


def _denies_plain(policy: object) -> bool:
    return any(
        each.get("Effect") == "Deny" and text(each, "Condition", "Bool", "aws:SecureTransport") == "false"
        for each in statements(policy)
    )


@RULES.of_resource(
    _POLICY,
    *BUCKETS,
    name="aws-s3-no-public-policy",
    title="No bucket's policy allows everyone something",
    reason="A principal of * without a condition is the whole internet",
    remedy="name the roles that need the bucket, or add a condition that only they meet",
    severity="critical",
    references=[fsbp("S3.2"), fsbp("S3.3")],
)
def no_public_policy(policy: Resource) -> Iterator[str]:
    for each in allowing(policy.inputs, "policy"):
        if anyone(each):
            yield f"allows everyone something in {named(each)}"


@RULES.of_resource(
    *BUCKETS,
    "aws:s3/bucketAcl:BucketAcl",
    "aws:s3/bucketAclV2:BucketAclV2",
    name="aws-s3-no-public-acl",
    title="No bucket has a public ACL",
    reason="public-read and its like open every object to the internet",
    remedy="leave the ACL out, and let roles read the bucket",
    severity="critical",
    references=[fsbp("S3.2"), fsbp("S3.12")],
)
def no_public_acl(bucket: Resource) -> Iterator[str]:
    acl = text(bucket.inputs, "acl") or ""
    if acl.startswith("public") or acl == "authenticated-read":
        yield f"has the ACL {acl}"


@RULES.of_stack(
    name="aws-s3-no-foreign-account",
    title="No bucket's policy allows another AWS account something",
    reason="Who has the other account decides then who reads the bucket",
    remedy="let a role of this account be assumed from there instead, with an external id",
    severity="high",
    references=[fsbp("S3.6")],
)
def no_foreign_account(stack: Stack) -> Iterator[tuple[Resource, str]]:
    for policy in stack.of_type(_POLICY):
        own = {account for account in _accounts(stack.provider(policy))}
        if not own:
            continue
        for each in allowing(policy.inputs, "policy"):
            for principal in principals(each):
                parts = principal.split(":")
                if len(parts) > 4 and parts[0] == "arn" and parts[4].isdigit() and parts[4] not in own:
                    yield policy, f"allows the account {parts[4]} something in {named(each)}"


def _accounts(provider: object) -> list[str]:
    allowed = at(provider, "allowedAccountIds")
    if isinstance(allowed, str):  # a provider's inputs are texts, of JSON where they are none
        return [part.strip(' "') for part in allowed.strip("[]").split(",") if part.strip(' "')]
    return texts(provider, "allowedAccountIds")


@RULES.of_stack(
    name="aws-s3-versioned",
    title="Every bucket keeps versions of its objects",
    reason="Without versions a wrong upload or a deletion is final",
    remedy="give the bucket a BucketVersioning with the status Enabled",
    severity="medium",
    references=[security_hub("S3.14")],
)
def versioned(stack: Stack) -> Iterator[tuple[Resource, str]]:
    for bucket in stack.of_type(*BUCKETS):
        parts = _parts(
            stack,
            bucket,
            "aws:s3/bucketVersioning:BucketVersioning",
            "aws:s3/bucketVersioningV2:BucketVersioningV2",
        )
        states = [at(part.inputs, "versioningConfiguration", "status") for part in parts]
        if "Enabled" not in states and not any(map(unseen, states)):
            yield bucket, "keeps no versions"


@RULES.of_stack(
    name="aws-s3-own-key",
    title="Every bucket of data is encrypted with a key of the estate",
    reason="With a key of one's own, who may read is decided twice, and every use of the key is on record",
    remedy="encrypt it by aws:kms with a key of the estate; a bucket that takes access logs cannot have one",
    severity="medium",
    references=[security_hub("S3.17")],
)
def own_key(stack: Stack) -> Iterator[tuple[Resource, str]]:
    for bucket in stack.of_type(*BUCKETS):
        if _takes_logs(stack, bucket):
            continue
        parts = _parts(
            stack,
            bucket,
            "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
            "aws:s3/bucketServerSideEncryptionConfigurationV2:BucketServerSideEncryptionConfigurationV2",
        )
        rules = [rule for part in parts for rule in items(part.inputs, "rules")]
        by_default = [at(rule, "applyServerSideEncryptionByDefault") for rule in rules]
        if not any(
            str(at(each, "sseAlgorithm")).startswith("aws:kms") and given(each, "kmsMasterKeyId")
            for each in by_default
        ):
            yield bucket, "is not encrypted with a key of the estate"


@RULES.of_stack(
    name="aws-s3-no-acls",
    title="Every bucket belongs with all its objects to the account, and knows no ACLs",
    reason="An object of another writer's ACL can be one that its owner cannot read",
    remedy="give the bucket BucketOwnershipControls with BucketOwnerEnforced",
    severity="medium",
    references=[fsbp("S3.12")],
)
def no_acls(stack: Stack) -> Iterator[tuple[Resource, str]]:
    for bucket in stack.of_type(*BUCKETS):
        parts = _parts(stack, bucket, "aws:s3/bucketOwnershipControls:BucketOwnershipControls")
        if not any(at(part.inputs, "rule", "objectOwnership") == "BucketOwnerEnforced" for part in parts):
            yield bucket, "may have objects with ACLs of their own"


@RULES.of_stack(
    name="aws-s3-access-logged",
    title="Every bucket logs who reads it",
    reason="After a theft of keys, only the log says what was taken",
    remedy="give the bucket a BucketLogging into the bucket of logs",
    severity="medium",
    references=[fsbp("S3.9")],
)
def access_logged(stack: Stack) -> Iterator[tuple[Resource, str]]:
    for bucket in stack.of_type(*BUCKETS):
        if not _takes_logs(stack, bucket) and not _parts(
            stack, bucket, "aws:s3/bucketLogging:BucketLogging", "aws:s3/bucketLoggingV2:BucketLoggingV2"
        ):
            yield bucket, "does not log who reads it"


@RULES.of_stack(
    name="aws-s3-lifecycle",
    title="Every bucket says when its objects and old versions go",
    reason="Old versions and unfinished uploads cost money for ever, and show nowhere",
    remedy="give the bucket a BucketLifecycleConfiguration",
    severity="low",
    references=[fsbp("S3.13")],
)
def lifecycle(stack: Stack) -> Iterator[tuple[Resource, str]]:
    for bucket in stack.of_type(*BUCKETS):
        if not _parts(
            stack,
            bucket,
            "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
            "aws:s3/bucketLifecycleConfigurationV2:BucketLifecycleConfigurationV2",
        ):
            yield bucket, "keeps everything for ever"


@RULES.of_resource(
    *BUCKETS,
    "aws:ecr/repository:Repository",
    name="aws-keeps-objects",
    title="What holds data cannot be deleted while something is in it",
    reason="A component that is renamed or taken out would take its objects and images along",
    remedy="leave forceDestroy and forceDelete out (aws.object_store.keep_objects)",
    severity="high",
)
def keeps_objects(bucket: Resource) -> Iterator[str]:
    if true(bucket.inputs, "forceDestroy") or true(bucket.inputs, "forceDelete"):
        yield "is deleted with all that is in it"
