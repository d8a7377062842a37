"""What the stand-in does otherwise than moto by itself: conditional policies, delete markers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from tests.rehearsal.plugins.aws.conftest import reset

BUCKET = "parcels"
PLAIN_HTTP = {"Condition": {"Bool": {"aws:SecureTransport": "false"}}}


@pytest.fixture
def s3(moto: tuple[Path, str]) -> Any:
    reset(moto)
    client = boto3.client(
        "s3", endpoint_url=moto[1], region_name="us-east-1", aws_access_key_id="k", aws_secret_access_key="s"
    )
    client.create_bucket(Bucket=BUCKET)
    return client


def deny(action: str, condition: dict[str, Any]) -> str:
    statement = {"Effect": "Deny", "Principal": "*", "Action": action, "Resource": f"arn:aws:s3:::{BUCKET}/*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [{**statement, **condition}]})


def test_a_policy_with_a_condition_is_kept_and_has_no_say(s3: Any) -> None:
    policy = deny("s3:*", PLAIN_HTTP)
    s3.put_bucket_policy(Bucket=BUCKET, Policy=policy)
    s3.put_object(Bucket=BUCKET, Key="a", Body=b"1")
    assert s3.get_object(Bucket=BUCKET, Key="a")["Body"].read() == b"1"
    assert json.loads(s3.get_bucket_policy(Bucket=BUCKET)["Policy"]) == json.loads(policy)


def test_a_policy_without_a_condition_denies(s3: Any) -> None:
    s3.put_object(Bucket=BUCKET, Key="a", Body=b"1")
    s3.put_bucket_policy(Bucket=BUCKET, Policy=deny("s3:PutObject", {}))
    with pytest.raises(ClientError, match="403"):
        s3.put_object(Bucket=BUCKET, Key="a", Body=b"2")
    assert s3.get_object(Bucket=BUCKET, Key="a")["Body"].read() == b"1"


def test_delete_markers_can_be_removed(s3: Any) -> None:
    """Also where versioning was suspended since: an estate that is taken down suspends it, then empties."""
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    s3.put_object(Bucket=BUCKET, Key="a", Body=b"1")
    s3.delete_object(Bucket=BUCKET, Key="a")
    listed = s3.list_object_versions(Bucket=BUCKET)
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Suspended"})
    for found in (*listed["Versions"], *listed["DeleteMarkers"]):
        s3.delete_object(Bucket=BUCKET, Key="a", VersionId=found["VersionId"])
    left = s3.list_object_versions(Bucket=BUCKET)
    assert not left.get("Versions")
    assert not left.get("DeleteMarkers")
    s3.delete_bucket(Bucket=BUCKET)
