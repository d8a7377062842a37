"""Who did what in the account: a trail of all regions, its key, and a bucket that takes nothing back."""

from __future__ import annotations

from typing import Any, Final

import pulumi
import pulumi_aws as aws

from infra.aws.bucket_policy import Statement
from infra.aws.keys import DELETION_WINDOW_DAYS, owner_statement
from infra.aws.object_store import Lifecycle, PrivateBucket
from infra.naming import Naming
from infra.settings.aws import AwsSettings

CLOUDTRAIL: Final = "cloudtrail.amazonaws.com"
LOCKED_DAYS: Final = 365
"""How long no version of a log goes but for who may bypass the lock, which the deploy role may not."""
KEPT_DAYS: Final = 400


class Trail(pulumi.ComponentResource):
    """The trail, with digests by which a changed or missing log shows.

    The first trail of an account's management events has no price, a second one has
    (https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_EventSelector.html,
    "IncludeManagementEvents"; 2026-11-28): ``deploy.trail`` is false where an organisation's covers it.
    """

    def __init__(
        self,
        name: str,
        *,
        naming: Naming,
        settings: AwsSettings,
        logs: PrivateBucket,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("isthmus:bootstrap:Trail", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        own = naming.name("trail")
        arn = trail_arn(naming, settings.region, settings.account_id)
        key = aws.kms.Key(
            own,
            description=f"Logs of who did what in the account ({naming.stack})",
            tags={"Name": own},
            enable_key_rotation=True,
            deletion_window_in_days=DELETION_WINDOW_DAYS,
            policy=pulumi.Output.json_dumps(
                {
                    "Version": "2012-10-17",
                    "Statement": [
                        owner_statement(settings.account_id),
                        *encrypts(arn, settings.account_id),
                    ],
                }
            ),
            opts=pulumi.ResourceOptions(parent=self, protect=True),
        )
        bucket = PrivateBucket(
            own,
            bucket_name=naming.bucket(settings.account_id, "trail"),
            account_id=settings.account_id,
            lifecycle=Lifecycle(superseded_days=KEPT_DAYS, expire_days=KEPT_DAYS),
            kms_key_arn=key.arn,
            logs=logs,
            admits=lambda bucket_arn: writes(bucket_arn, arn, settings.account_id),
            locked_days=LOCKED_DAYS,
            opts=child,
        )
        aws.cloudtrail.Trail(
            own,
            name=own,
            s3_bucket_name=bucket.bucket,
            kms_key_id=key.arn,
            is_multi_region_trail=True,
            include_global_service_events=True,
            enable_log_file_validation=True,
            enable_logging=True,
            opts=pulumi.ResourceOptions(parent=self, protect=True),
        )
        self.register_outputs({})


def trail_arn(naming: Naming, region: str, account_id: str) -> str:
    """Known beforehand, so that bucket and key can name the one trail that they are for."""
    return f"arn:aws:cloudtrail:{region}:{account_id}:trail/{naming.name('trail')}"


def encrypts(trail: str, account_id: str) -> list[Statement]:
    """What a trail asks of its key; with a bucket key it decrypts, too.

    https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-kms-key-policy-for-cloudtrail.html;
    2026-11-28.
    """
    of_the_trail = {"StringEquals": {"aws:SourceArn": trail}}
    logs = {"kms:EncryptionContext:aws:cloudtrail:arn": f"arn:aws:cloudtrail:*:{account_id}:trail/*"}
    return [
        {
            "Sid": "TrailEncrypts",
            "Effect": "Allow",
            "Principal": {"Service": CLOUDTRAIL},
            "Action": "kms:GenerateDataKey*",
            "Resource": "*",
            "Condition": {**of_the_trail, "StringLike": logs},
        },
        {
            "Sid": "TrailLooks",
            "Effect": "Allow",
            "Principal": {"Service": CLOUDTRAIL},
            "Action": ["kms:Decrypt", "kms:DescribeKey"],
            "Resource": "*",
            "Condition": of_the_trail,
        },
    ]


def writes(bucket_arn: str, trail: str, account_id: str) -> list[Statement]:
    """What a trail asks of its bucket.

    https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-s3-bucket-policy-for-cloudtrail.html
    (from memory; what other programs write there was read on 2026-11-28).
    """

    def allow(sid: str, action: str, resource: str, **more: str) -> dict[str, Any]:
        return {
            "Sid": sid,
            "Effect": "Allow",
            "Principal": {"Service": CLOUDTRAIL},
            "Action": action,
            "Resource": resource,
            "Condition": {"StringEquals": {"aws:SourceArn": trail, **more}},
        }

    own = {"s3:x-amz-acl": "bucket-owner-full-control"}
    return [
        allow("TrailLooks", "s3:GetBucketAcl", bucket_arn),
        allow("TrailWrites", "s3:PutObject", f"{bucket_arn}/AWSLogs/{account_id}/*", **own),
    ]


def untouched(naming: Naming, region: str, account_id: str) -> list[Statement]:
    """What whoever brings the estate up is denied: ending the trail, and taking away what it wrote."""
    bucket = f"arn:aws:s3:::{naming.bucket(account_id, 'trail')}"
    ends = ("DeleteTrail", "PutEventSelectors", "StopLogging", "UpdateTrail")
    opens = (
        "DeleteBucketPolicy",
        "PutBucketObjectLockConfiguration",
        "PutBucketPolicy",
        "PutLifecycleConfiguration",
    )
    takes = ("BypassGovernanceRetention", "DeleteObjectVersion", "PutObjectRetention")
    return [
        {
            "Effect": "Deny",
            "Action": [f"cloudtrail:{each}" for each in ends],
            "Resource": trail_arn(naming, region, account_id),
        },
        {"Effect": "Deny", "Action": [f"s3:{each}" for each in opens], "Resource": bucket},
        {"Effect": "Deny", "Action": [f"s3:{each}" for each in takes], "Resource": f"{bucket}/*"},
    ]


__all__ = ["Trail", "encrypts", "trail_arn", "untouched", "writes"]
