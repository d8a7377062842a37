"""Reads of single things: an object, a parameter, a token."""

from __future__ import annotations

import base64

from rehearsal.plugins.aws.cloud import Cloud, Gone
from rehearsal.plugins.aws.view import camel
from rehearsal.plugins.backend import Properties, Refused


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


def parameter(cloud: Cloud, arguments: Properties) -> Properties:
    """An SSM parameter, those that AWS publishes (images of EKS nodes) among them."""
    name = arguments["name"]
    decrypt = bool(arguments.get("withDecryption", True))
    try:
        it = cloud.send("ssm", "GetParameter", {"Name": name, "WithDecryption": decrypt})["Parameter"]
    except Gone:
        raise Refused(f"There is no SSM parameter {name}.") from None
    return {
        **arguments,
        "id": name,
        "arn": it.get("ARN", ""),
        "name": name,
        "type": it["Type"],
        "value": it["Value"],
        "insecureValue": it["Value"] if it["Type"] != "SecureString" else "",
        "version": it["Version"],
    }


def cluster_auth(cloud: Cloud, arguments: Properties) -> Properties:
    """A token of the real form; nothing in a rehearsal asks who it is."""
    name = arguments["name"]
    signed = base64.urlsafe_b64encode(f"https://sts.{cloud.region}.amazonaws.com/?{name}".encode()).decode()
    return {"id": name, "name": name, "token": f"k8s-aws-v1.{signed.rstrip('=')}"}


__all__ = ["cluster_auth", "parameter", "s3_object"]
