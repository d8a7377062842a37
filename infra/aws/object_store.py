"""The estate's buckets: arrivals, releases and logs, each with every protection S3 offers."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.aws.bucket_policy import Statement, document, log_delivery, tls_only

UPLOAD_DAYS = 7
"""Age at which an upload that nobody finished is thrown away; its parts cost money and show nowhere."""


@dataclass(frozen=True)
class Lifecycle:
    """When objects of a bucket go. Days; None keeps current versions for good."""

    superseded_days: int
    expire_days: int | None = None


class PrivateBucket(pulumi.ComponentResource):
    """A bucket that only this account's roles can reach, over TLS, with every version kept for a while.

    ``kms_key_arn`` None encrypts with S3's own key: S3's log delivery cannot use a customer's key.
    ``logs`` is the bucket that takes this one's access logs; None for the logs bucket itself, which
    would otherwise log the delivery of its own logs without end. ``receives_logs`` admits log delivery,
    ``admits`` whom the statements name that it makes of the bucket's ARN. ``locked_days``: for so long no
    version can be deleted: S3's object lock, which a bucket may be given at any time and then keeps
    (https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock-configure.html, read 2026-11-28).
    ``protect``: the engine refuses to delete it.
    """

    bucket: pulumi.Output[str]
    """The bucket's name, known once all of its protections stand."""
    arn: pulumi.Output[str]
    standing: pulumi.Output[str]
    """The name, for who asks the bucket: unknown while it is not there, and would answer with an error."""

    def __init__(
        self,
        name: str,
        *,
        bucket_name: str,
        account_id: str,
        lifecycle: Lifecycle,
        kms_key_arn: pulumi.Input[str] | None,
        logs: PrivateBucket | None,
        receives_logs: bool = False,
        admits: Callable[[str], Sequence[Statement]] = lambda _: (),
        locked_days: int | None = None,
        keep_objects: bool = True,
        protect: bool = True,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("isthmus:aws:PrivateBucket", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        bucket = aws.s3.Bucket(
            name,
            bucket=bucket_name,
            force_destroy=not keep_objects,
            opts=pulumi.ResourceOptions(parent=self, protect=protect),
        )
        versioning = aws.s3.BucketVersioning(
            name,
            bucket=bucket.bucket,
            versioning_configuration=aws.s3.BucketVersioningVersioningConfigurationArgs(status="Enabled"),
            opts=child,
        )
        protections: list[pulumi.Resource] = [
            versioning,
            aws.s3.BucketServerSideEncryptionConfiguration(
                name, bucket=bucket.bucket, rules=[_encryption(kms_key_arn)], opts=child
            ),
            aws.s3.BucketOwnershipControls(
                name,
                bucket=bucket.bucket,
                rule=aws.s3.BucketOwnershipControlsRuleArgs(object_ownership="BucketOwnerEnforced"),
                opts=child,
            ),
            aws.s3.BucketLifecycleConfiguration(
                name,
                bucket=bucket.bucket,
                rules=_rules(lifecycle),
                # S3 takes rules for noncurrent versions only where versions are kept.
                opts=pulumi.ResourceOptions(parent=self, depends_on=[versioning]),
            ),
        ]
        block = aws.s3.BucketPublicAccessBlock(
            name,
            bucket=bucket.bucket,
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
            opts=child,
        )
        policy = aws.s3.BucketPolicy(
            name,
            bucket=bucket.bucket,
            policy=bucket.arn.apply(lambda arn: _policy(arn, account_id, receives_logs, admits)),
            # S3 answers 409 when both are set at the same moment.
            opts=pulumi.ResourceOptions(parent=self, depends_on=[block]),
        )
        protections += [block, policy]
        if locked_days:
            protections.append(_lock(name, bucket, locked_days, versioning, self))
        if logs is not None:
            protections.append(
                aws.s3.BucketLogging(
                    name,
                    bucket=bucket.bucket,
                    target_bucket=logs.bucket,
                    target_prefix="access/",
                    opts=child,
                )
            )
        ready = pulumi.Output.all(*[protection.urn for protection in protections])
        self.bucket = pulumi.Output.all(bucket.bucket, ready).apply(lambda both: str(both[0]))
        self.arn = bucket.arn
        self.standing = pulumi.Output.all(self.bucket, bucket.arn).apply(lambda both: str(both[0]))
        self.register_outputs({"bucket": self.bucket, "arn": self.arn})


def _policy(
    arn: str, account_id: str, receives_logs: bool, admits: Callable[[str], Sequence[Statement]]
) -> str:
    admitted = log_delivery(arn, account_id) if receives_logs else []
    return json.dumps(document([*tls_only(arn), *admitted, *admits(arn)]))


def _lock(
    name: str, bucket: aws.s3.Bucket, days: int, versioning: pulumi.Resource, parent: pulumi.Resource
) -> pulumi.Resource:
    """Governance, not compliance: who may bypass it can still end an account that nobody needs any more."""
    return aws.s3.BucketObjectLockConfiguration(
        name,
        bucket=bucket.bucket,
        object_lock_enabled="Enabled",
        rule=aws.s3.BucketObjectLockConfigurationRuleArgs(
            default_retention=aws.s3.BucketObjectLockConfigurationRuleDefaultRetentionArgs(
                mode="GOVERNANCE", days=days
            )
        ),
        opts=pulumi.ResourceOptions(parent=parent, depends_on=[versioning]),
    )


def _encryption(
    kms_key_arn: pulumi.Input[str] | None,
) -> aws.s3.BucketServerSideEncryptionConfigurationRuleArgs:
    by_default = aws.s3.BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultArgs
    if kms_key_arn is None:
        return aws.s3.BucketServerSideEncryptionConfigurationRuleArgs(
            apply_server_side_encryption_by_default=by_default(sse_algorithm="AES256")
        )
    return aws.s3.BucketServerSideEncryptionConfigurationRuleArgs(
        apply_server_side_encryption_by_default=by_default(
            sse_algorithm="aws:kms", kms_master_key_id=kms_key_arn
        ),
        # One KMS request for many objects instead of one for each.
        bucket_key_enabled=True,
    )


def _rules(lifecycle: Lifecycle) -> list[aws.s3.BucketLifecycleConfigurationRuleArgs]:
    rules = [
        aws.s3.BucketLifecycleConfigurationRuleArgs(
            id="unfinished-uploads",
            status="Enabled",
            filter=aws.s3.BucketLifecycleConfigurationRuleFilterArgs(prefix=""),
            abort_incomplete_multipart_upload=(
                aws.s3.BucketLifecycleConfigurationRuleAbortIncompleteMultipartUploadArgs(
                    days_after_initiation=UPLOAD_DAYS
                )
            ),
        ),
        aws.s3.BucketLifecycleConfigurationRuleArgs(
            id="superseded-versions",
            status="Enabled",
            filter=aws.s3.BucketLifecycleConfigurationRuleFilterArgs(prefix=""),
            noncurrent_version_expiration=(
                aws.s3.BucketLifecycleConfigurationRuleNoncurrentVersionExpirationArgs(
                    noncurrent_days=lifecycle.superseded_days
                )
            ),
        ),
    ]
    if lifecycle.expire_days is not None:
        rules.append(
            aws.s3.BucketLifecycleConfigurationRuleArgs(
                id="old-objects",
                status="Enabled",
                filter=aws.s3.BucketLifecycleConfigurationRuleFilterArgs(prefix=""),
                expiration=aws.s3.BucketLifecycleConfigurationRuleExpirationArgs(days=lifecycle.expire_days),
            )
        )
    return rules


__all__ = ["Lifecycle", "PrivateBucket"]
