"""Data sources: what a program may ask the cloud."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from rehearsal.plugins.aws.cloud import Cloud, Gone
from rehearsal.plugins.aws.lookups import LOOKUPS
from rehearsal.plugins.aws.view import camel
from rehearsal.plugins.backend import Properties, Refused

PLACEHOLDER: Final = "placeholder"


def s3_object(cloud: Cloud, arguments: Properties) -> Properties:
    """Metadata, and the body where it is text (as the real provider: text/* and JSON only)."""
    bucket, key = arguments["bucket"], arguments["key"]
    call = {"Bucket": bucket, "Key": key}
    if arguments.get("versionId"):
        call["VersionId"] = arguments["versionId"]
    try:
        head = cloud.send("s3", "HeadObject", call)
    except Gone:
        raise Refused(f"There is no object s3://{bucket}/{key}.") from None
    kind = head.get("ContentType", "")
    text = kind.startswith("text/") or kind in ("application/json", "application/ld+json", "application/xml")
    body = ""
    if text:
        body = cloud.send("s3", "GetObject", call)["Body"].read().decode()
    return {
        **arguments,
        "id": f"{bucket}/{key}",
        "arn": f"arn:{cloud.partition}:s3:::{bucket}/{key}",
        "body": body,
        "contentType": kind,
        "contentLength": head.get("ContentLength", 0),
        "etag": head.get("ETag", "").strip('"'),
        "lastModified": camel(head.get("LastModified")),
        "metadata": head.get("Metadata") or {},
        "versionId": head.get("VersionId", ""),
        "storageClass": head.get("StorageClass", "STANDARD"),
        "serverSideEncryption": head.get("ServerSideEncryption", ""),
    }


def s3_objects(cloud: Cloud, arguments: Properties) -> Properties:
    """The keys that begin with a prefix, 1,000 at most, as the real provider where nobody asks for more."""
    bucket, prefix = arguments["bucket"], arguments.get("prefix", "")
    try:
        found = cloud.send("s3", "ListObjectsV2", {"Bucket": bucket, "Prefix": prefix, "MaxKeys": 1000})
    except Gone:
        raise Refused(f"There is no bucket {bucket}.") from None
    keys = [one["Key"] for one in found.get("Contents") or []]
    return {**arguments, "id": bucket, "keys": keys, "commonPrefixes": [], "owners": []}


def secret_version(cloud: Cloud, arguments: Properties) -> Properties:
    """What a secret holds now; in a preview of a cloud's stack, which opens none, a placeholder."""
    id = arguments["secretId"]
    if not cloud.config.endpoints:
        return {
            **arguments,
            "id": id,
            "arn": id,
            "secretString": PLACEHOLDER,
            "versionId": "",
            "versionStages": [],
        }
    try:
        found = cloud.send("secretsmanager", "GetSecretValue", {"SecretId": id})
    except Gone:
        raise Refused(f"couldn't find resource: there is no secret {id} in Secrets Manager") from None
    return {
        **arguments,
        "id": f"{id}|AWSCURRENT",
        "arn": found["ARN"],
        "secretString": found.get("SecretString", ""),
        "versionId": found["VersionId"],
        "versionStages": found.get("VersionStages") or [],
    }


FUNCTIONS: Final[dict[str, Callable[[Cloud, Properties], Properties]]] = {
    "aws:s3/getObject:getObject": s3_object,
    "aws:s3/getObjects:getObjects": s3_objects,
    "aws:secretsmanager/getSecretVersion:getSecretVersion": secret_version,
    **LOOKUPS,
}

__all__ = ["FUNCTIONS"]
