"""Buckets and their settings (one resource each, as in v7 of the provider)."""

from __future__ import annotations

from typing import Any

from rehearsal.plugins.aws import calls
from rehearsal.plugins.aws.cloud import Cloud
from rehearsal.plugins.aws.resource_type import AwsType, Call, ReadCall, Update
from rehearsal.plugins.aws.tagging import Tagging
from rehearsal.plugins.backend import UNKNOWN, Properties, Refused, Resource


def _create_bucket(cloud: Cloud, resource: Resource) -> str:
    name = resource.inputs["bucket"]
    owned = cloud.find("s3", "ListBuckets", "Buckets[].Name") or []
    if name in owned:
        raise Refused(f"The bucket {name} exists already (BucketAlreadyOwnedByYou).", property="bucket")
    call: dict[str, Any] = {"Bucket": name}
    # us-east-1 is the one region that must not be named.
    if cloud.region != "us-east-1":
        call["CreateBucketConfiguration"] = {"LocationConstraint": cloud.region}
    if resource.inputs.get("objectLockEnabled"):
        call["ObjectLockEnabledForBucket"] = True
    cloud.send("s3", "CreateBucket", call)
    return str(name)


def _read_bucket(cloud: Cloud, resource: Resource) -> Any:
    found = cloud.find("s3", "HeadBucket", "@", Bucket=resource.id)
    return None if found is None else {"Bucket": resource.id}


def _empty(cloud: Cloud, resource: Resource) -> None:
    """forceDestroy: every version and every unfinished upload goes first."""
    versions = cloud.client("s3").get_paginator("list_object_versions")
    for page in versions.paginate(Bucket=resource.id):
        found = [*(page.get("Versions") or []), *(page.get("DeleteMarkers") or [])]
        doomed = [{"Key": item["Key"], "VersionId": item["VersionId"]} for item in found]
        if doomed:
            cloud.send(
                "s3", "DeleteObjects", {"Bucket": resource.id, "Delete": {"Objects": doomed, "Quiet": True}}
            )
    uploads = cloud.find("s3", "ListMultipartUploads", "Uploads[].[Key, UploadId]", Bucket=resource.id)
    for key, upload in uploads or []:
        cloud.send("s3", "AbortMultipartUpload", {"Bucket": resource.id, "Key": key, "UploadId": upload})


def _delete_bucket(cloud: Cloud, resource: Resource) -> None:
    if _read_bucket(cloud, resource) is None:
        return
    if resource.inputs.get("forceDestroy") or resource.outputs.get("forceDestroy"):
        _empty(cloud, resource)
    cloud.send("s3", "DeleteBucket", {"Bucket": resource.id})


def _check_bucket(inputs: Properties) -> None:
    # https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
    import re

    name = inputs.get("bucket")
    if isinstance(name, str) and (
        not re.fullmatch(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", name)
        or ".." in name
        or re.fullmatch(r"(\d+\.){3}\d+", name)
        or name.startswith(("xn--", "sthree-"))
        or name.endswith(("-s3alias", "--ol-s3"))
    ):
        raise Refused(
            f"The bucket name {name!r} is not allowed: 3 to 63 lower-case letters, digits, dots and hyphens, "
            "beginning and ending with a letter or digit.",
            property="bucket",
        )


def _setting(
    name: str,
    put: Call,
    get: str,
    at: str,
    delete: str,
    keys: tuple[str, ...],
    *,
    fields: dict[str, str],
    read_from: dict[str, str] | None = None,
    local_only: tuple[str, ...] = (),
    check: Any = None,
    undo: Any = None,
    gone: tuple[str, ...] = (),
) -> AwsType:
    """One aspect of a bucket: put, get, delete, identified by the bucket."""
    return AwsType(
        type=f"aws:s3/{name[:1].lower()}{name[1:]}:{name}",
        service="s3",
        create=put,
        id="inputs.bucket",
        read=ReadCall(Call(get, {"Bucket": "$id"}), at, gone=gone),
        delete=undo or Call(delete, {"Bucket": "$id"}),
        fields={"bucket": "Bucket", **fields},
        read_from={"bucket": "id", **(read_from or {})},
        local_only=("expectedBucketOwner", "mfa", "skipDestroy", *local_only),
        updates=(Update(keys, put),),
        # One setting a bucket: what replaces it would overwrite it.
        unique_by=("bucket",),
        check=check,
    )


def _suspend(cloud: Cloud, resource: Resource) -> None:
    """Versioning cannot be removed once it was on."""
    status = cloud.find("s3", "GetBucketVersioning", "Status", Bucket=resource.id)
    if status == "Enabled":
        cloud.send(
            "s3",
            "PutBucketVersioning",
            {"Bucket": resource.id, "VersioningConfiguration": {"Status": "Suspended"}},
        )


def _no_default(cloud: Cloud, resource: Resource) -> None:
    """A lock stays as long as its bucket; only what new objects get can be taken back."""
    cloud.send(
        "s3",
        "PutObjectLockConfiguration",
        {"Bucket": resource.id, "ObjectLockConfiguration": {"ObjectLockEnabled": "Enabled"}},
    )


def _no_logging(cloud: Cloud, resource: Resource) -> None:
    cloud.send("s3", "PutBucketLogging", {"Bucket": resource.id, "BucketLoggingStatus": {}})


def _lifecycle(rules: Any) -> Any:
    """Pulumi's rules as the API has them: a rule without a filter has an empty prefix."""
    shaped = []
    for rule in rules or []:
        wanted = {key: value for key, value in rule.items() if value is not None}
        where = wanted.pop("filter", None) or {}
        tag, both = where.get("tag"), where.get("and")
        if both is not None:
            tags = [{"Key": k, "Value": v} for k, v in (both.get("tags") or {}).items()]
            wanted["filter"] = {"and": {**{k: v for k, v in both.items() if k != "tags"}, "tags": tags}}
        else:
            wanted["filter"] = (
                {"tag": tag} if tag else {k: v for k, v in where.items() if v is not None} or {"prefix": ""}
            )
        shaped.append(wanted)
    return shaped


def _put_lifecycle(cloud: Cloud, resource: Resource) -> str:
    context = cloud.context(resource, old={}, rules=_lifecycle(resource.inputs["rules"]))
    calls.make(cloud, _LIFECYCLE, _PUT_LIFECYCLE, context)
    return str(resource.inputs["bucket"])


def _change_lifecycle(cloud: Cloud, _old: Resource, new: Resource) -> None:
    _put_lifecycle(cloud, new)


_PUT_LIFECYCLE = Call(
    "PutBucketLifecycleConfiguration",
    {"Bucket": "$inputs.bucket", "LifecycleConfiguration": {"Rules": "$rules"}},
)


def _check_lifecycle(inputs: Properties) -> None:
    rules = inputs.get("rules")
    for index, rule in enumerate(rules if isinstance(rules, list) else []):
        status = rule.get("status") if isinstance(rule, dict) else UNKNOWN
        if status is not UNKNOWN and status not in ("Enabled", "Disabled"):
            raise Refused(
                f"rules[{index}].status is {status!r}, and must be Enabled or Disabled.", property="rules"
            )


_LIFECYCLE: AwsType = AwsType(
    type="aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
    service="s3",
    create=_put_lifecycle,
    read=ReadCall(Call("GetBucketLifecycleConfiguration", {"Bucket": "$id"})),
    delete=Call("DeleteBucketLifecycle", {"Bucket": "$id"}),
    fields={"bucket": "Bucket"},
    read_from={"bucket": "id", "rules": "it.Rules"},
    local_only=("expectedBucketOwner", "timeouts", "transitionDefaultMinimumObjectSize"),
    updates=(Update(("rules",), _change_lifecycle),),
    unique_by=("bucket",),
    check=_check_lifecycle,
)


ROWS: tuple[AwsType, ...] = (
    AwsType(
        type="aws:s3/bucket:Bucket",
        service="s3",
        create=_create_bucket,
        read=_read_bucket,
        delete=_delete_bucket,
        fields={"bucket": "Bucket", "objectLockEnabled": "ObjectLockEnabledForBucket"},
        read_from={"bucket": "id", "objectLockEnabled": ""},
        local_only=("forceDestroy",),
        outputs={
            "arn": "'arn:{partition}:s3:::{id}'",
            "bucketDomainName": "'{id}.s3.amazonaws.com'",
            "bucketRegionalDomainName": "'{id}.s3.{region}.amazonaws.com'",
            "bucketRegion": "region",
        },
        autoname={"bucket": 63},
        unique_by=("bucket",),
        tags=Tagging(
            "s3",
            {"Bucket": "$id"},
            "PutBucketTagging",
            "DeleteBucketTagging",
            "GetBucketTagging",
            at="TagSet",
            whole=True,
        ),
        check=_check_bucket,
    ),
    _setting(
        "BucketVersioning",
        Call(
            "PutBucketVersioning", {"VersioningConfiguration": "$inputs.versioningConfiguration"}, spread=True
        ),
        "GetBucketVersioning",
        "@",
        "",
        ("versioningConfiguration",),
        fields={"versioningConfiguration": ""},
        read_from={"versioningConfiguration": "{Status: it.Status || 'Suspended', MFADelete: it.MFADelete}"},
        undo=_suspend,
    ),
    _setting(
        "BucketServerSideEncryptionConfiguration",
        Call(
            "PutBucketEncryption",
            {"ServerSideEncryptionConfiguration": {"Rules": "$inputs.rules"}},
            spread=True,
        ),
        "GetBucketEncryption",
        "ServerSideEncryptionConfiguration",
        "DeleteBucketEncryption",
        ("rules",),
        fields={"rules": ""},
        gone=("ServerSideEncryptionConfigurationNotFoundError",),
    ),
    _setting(
        "BucketPublicAccessBlock",
        Call(
            "PutPublicAccessBlock",
            {
                f"PublicAccessBlockConfiguration.{name}": f"$inputs.{key} || `false`"
                for key, name in {
                    "blockPublicAcls": "BlockPublicAcls",
                    "blockPublicPolicy": "BlockPublicPolicy",
                    "ignorePublicAcls": "IgnorePublicAcls",
                    "restrictPublicBuckets": "RestrictPublicBuckets",
                }.items()
            },
            spread=True,
        ),
        "GetPublicAccessBlock",
        "PublicAccessBlockConfiguration",
        "DeletePublicAccessBlock",
        ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets"),
        fields={},
    ),
    _LIFECYCLE,
    _setting(
        "BucketPolicy",
        Call("PutBucketPolicy", {}, spread=True),
        "GetBucketPolicy",
        "@",
        "DeleteBucketPolicy",
        ("policy",),
        fields={},
    ),
    _setting(
        "BucketOwnershipControls",
        Call("PutBucketOwnershipControls", {"OwnershipControls": {"Rules": ["$inputs.rule"]}}, spread=True),
        "GetBucketOwnershipControls",
        "OwnershipControls",
        "DeleteBucketOwnershipControls",
        ("rule",),
        fields={"rule": ""},
        read_from={"rule": "it.Rules[0]"},
    ),
    _setting(
        "BucketLogging",
        Call(
            "PutBucketLogging",
            {
                "BucketLoggingStatus": {
                    "LoggingEnabled": {
                        "TargetBucket": "$inputs.targetBucket",
                        "TargetPrefix": "$inputs.targetPrefix || ''",
                        "TargetObjectKeyFormat": "$inputs.targetObjectKeyFormat",
                    }
                }
            },
            spread=True,
        ),
        "GetBucketLogging",
        "LoggingEnabled",
        "",
        ("targetBucket", "targetPrefix", "targetObjectKeyFormat"),
        fields={"targetBucket": "", "targetPrefix": "", "targetObjectKeyFormat": ""},
        undo=_no_logging,
    ),
    _setting(
        "BucketObjectLockConfiguration",
        Call(
            "PutObjectLockConfiguration",
            {
                "ObjectLockConfiguration": {
                    "ObjectLockEnabled": "$inputs.objectLockEnabled || 'Enabled'",
                    "Rule": "$inputs.rule",
                }
            },
            spread=True,
        ),
        "GetObjectLockConfiguration",
        "ObjectLockConfiguration.Rule && ObjectLockConfiguration",
        "",
        ("objectLockEnabled", "rule"),
        fields={"objectLockEnabled": "", "rule": ""},
        read_from={
            "rule": "it.Rule && {defaultRetention: {mode: it.Rule.DefaultRetention.Mode, "
            "days: it.Rule.DefaultRetention.Days}}"
        },
        undo=_no_default,
    ),
)
