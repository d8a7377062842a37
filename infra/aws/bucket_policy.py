"""What a bucket's policy says: plain data, tested without an engine."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

Statement = dict[str, Any]


def tls_only(bucket_arn: str) -> list[Statement]:
    """Refuse every request without TLS, and TLS older than 1.2."""
    resources = [bucket_arn, f"{bucket_arn}/*"]
    return [
        {
            "Sid": "TlsOnly",
            "Effect": "Deny",
            "Principal": {"AWS": "*"},
            "Action": "s3:*",
            "Resource": resources,
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        },
        {
            "Sid": "Tls12OrNewer",
            "Effect": "Deny",
            "Principal": {"AWS": "*"},
            "Action": "s3:*",
            "Resource": resources,
            "Condition": {"NumericLessThan": {"s3:TlsVersion": "1.2"}},
        },
    ]


def log_delivery(bucket_arn: str, account_id: str) -> list[Statement]:
    """Let S3 (access logs) and the log delivery service (VPC flow logs) write for this account only.

    Source: Amazon S3 user guide, "Permissions for log delivery"; Amazon VPC user guide,
    "Amazon S3 bucket permissions for flow logs".
    """
    own_account = {"StringEquals": {"aws:SourceAccount": account_id}}
    return [
        {
            "Sid": "AccessLogs",
            "Effect": "Allow",
            "Principal": {"Service": "logging.s3.amazonaws.com"},
            "Action": "s3:PutObject",
            "Resource": f"{bucket_arn}/access/*",
            "Condition": own_account,
        },
        {
            "Sid": "FlowLogs",
            "Effect": "Allow",
            "Principal": {"Service": "delivery.logs.amazonaws.com"},
            "Action": "s3:PutObject",
            "Resource": f"{bucket_arn}/AWSLogs/{account_id}/*",
            "Condition": {
                "StringEquals": {"aws:SourceAccount": account_id, "s3:x-amz-acl": "bucket-owner-full-control"}
            },
        },
        {
            "Sid": "FlowLogsCheck",
            "Effect": "Allow",
            "Principal": {"Service": "delivery.logs.amazonaws.com"},
            "Action": ["s3:GetBucketAcl", "s3:ListBucket"],
            "Resource": bucket_arn,
            "Condition": own_account,
        },
    ]


def document(statements: Sequence[Statement]) -> dict[str, Any]:
    """A policy document around statements."""
    return {"Version": "2012-10-17", "Statement": list(statements)}


__all__ = ["Statement", "document", "log_delivery", "tls_only"]
