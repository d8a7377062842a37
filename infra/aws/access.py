"""What a kind of pod may do with the buckets, and the IAM policy that grants it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

Bucket = Literal["arrivals", "releases"]


@dataclass(frozen=True)
class Grant:
    """What one kind of pod may do: object patterns such as ``candidates/*``, by bucket."""

    reads: Sequence[tuple[Bucket, str]] = ()
    writes: Sequence[tuple[Bucket, str]] = ()
    deletes: Sequence[tuple[Bucket, str]] = ()
    erases: Sequence[tuple[Bucket, str]] = ()
    """Deletes in every version, so that nothing can be brought back."""
    never_writes: Sequence[tuple[Bucket, str]] = ()


def policy(grant: Grant, bucket_arns: dict[Bucket, str], data_key_arn: str) -> dict[str, Any]:
    """The IAM policy of a grant. ``bucket_arns`` must hold every bucket that the grant names."""

    def objects(patterns: Sequence[tuple[Bucket, str]]) -> list[str]:
        return [f"{bucket_arns[bucket]}/{pattern}" for bucket, pattern in patterns]

    def named(*patterns: Sequence[tuple[Bucket, str]]) -> list[str]:
        return [bucket_arns[bucket] for bucket in sorted({bucket for each in patterns for bucket, _ in each})]

    statements: list[dict[str, Any]] = []
    if grant.reads:
        # Without it S3 says 403, not 404, of what is not there.
        listed = named(grant.reads, grant.writes)
        statements.append({"Sid": "List", "Effect": "Allow", "Action": "s3:ListBucket", "Resource": listed})
        statements.append(_allow("Read", ["s3:GetObject", "s3:GetObjectVersion"], objects(grant.reads)))
    if grant.writes:
        actions = ["s3:PutObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"]
        statements.append(_allow("Write", actions, objects(grant.writes)))
        # An upload that was killed is found again, to be gone on with.
        statements.append(_allow("Unfinished", ["s3:ListBucketMultipartUploads"], named(grant.writes)))
    if grant.deletes:
        statements.append(_allow("Delete", ["s3:DeleteObject"], objects(grant.deletes)))
    if grant.erases:
        actions = ["s3:DeleteObject", "s3:DeleteObjectVersion"]
        statements.append(_allow("Erase", actions, objects(grant.erases)))
        statements.append(_allow("Versions", ["s3:ListBucketVersions"], named(grant.erases)))
    if grant.never_writes:
        denied = _allow("Never", ["s3:PutObject", "s3:DeleteObject"], objects(grant.never_writes))
        statements.append({**denied, "Effect": "Deny"})
    # The parts of a multipart upload are read back when it is completed, so writers decrypt too.
    key_actions = ["kms:Decrypt"] + (["kms:GenerateDataKey"] if grant.writes else [])
    statements.append(_allow("Key", key_actions, [data_key_arn]))
    return {"Version": "2012-10-17", "Statement": statements}


def _allow(sid: str, actions: list[str], resources: list[str]) -> dict[str, Any]:
    return {"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": resources}


__all__ = ["Bucket", "Grant", "policy"]
