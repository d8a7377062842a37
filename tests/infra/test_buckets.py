"""Every bucket has all of its protections, whatever else the estate grows."""

from __future__ import annotations

import json

import pytest

from infra.__main__ import estate as program
from tests.infra.recorded import STACKS, Estate, Recorded, changed_settings, estate_of, record

S3 = "aws:s3/"


@pytest.fixture(params=STACKS, scope="module")
def estate(request: pytest.FixtureRequest) -> Estate:
    return estate_of(request.param)


def buckets(estate: Estate) -> list[str]:
    found = [each.inputs["bucket"] for each in estate.of(f"{S3}bucket:Bucket")]
    assert len(found) == 3
    return found


def guard(estate: Estate, bucket: str, kind: str) -> Recorded:
    """The one resource of a kind that guards a bucket."""
    type = f"{S3}bucket{kind}:Bucket{kind}"
    found = [each for each in estate.of(type) if each.inputs["bucket"] == bucket]
    assert len(found) == 1, f"{bucket} has {len(found)} of {type}"
    return found[0]


def test_every_version_is_kept_and_nothing_is_public(estate: Estate) -> None:
    for bucket in buckets(estate):
        versioning = guard(estate, bucket, "Versioning").inputs["versioningConfiguration"]
        assert versioning["status"] == "Enabled"
        block = guard(estate, bucket, "PublicAccessBlock").inputs
        switches = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
        assert [block[switch] for switch in switches] == [True] * 4
        rule = guard(estate, bucket, "OwnershipControls").inputs["rule"]
        assert rule["objectOwnership"] == "BucketOwnerEnforced"


def test_orders_and_releases_are_encrypted_with_our_own_key(estate: Estate) -> None:
    key = estate.one(
        "aws:kms/key:Key", next(k.name for k in estate.of("aws:kms/key:Key") if "data" in k.name)
    )
    for bucket in buckets(estate):
        (rule,) = guard(estate, bucket, "ServerSideEncryptionConfiguration").inputs["rules"]
        default = rule["applyServerSideEncryptionByDefault"]
        if bucket.endswith("-logs"):
            # S3's log delivery cannot write with a customer's key.
            assert default == {"sseAlgorithm": "AES256"}
        else:
            assert default["sseAlgorithm"] == "aws:kms"
            assert default["kmsMasterKeyId"].endswith(key.name)
            assert rule["bucketKeyEnabled"] is True


def test_releases_are_locked_where_the_settings_say_so() -> None:
    kind = f"{S3}bucketObjectLockConfiguration:BucketObjectLockConfiguration"
    assert not estate_of("prod").of(kind)
    settings = changed_settings("prod", {"aws.object_store.releases_locked_days": 30})
    (lock,) = record(lambda: program(settings), "prod").of(kind)
    assert lock.inputs["bucket"].endswith("-releases")
    assert lock.inputs["rule"]["defaultRetention"] == {"mode": "GOVERNANCE", "days": 30}


def test_requests_without_tls_are_refused_whoever_makes_them(estate: Estate) -> None:
    for bucket in buckets(estate):
        statements = json.loads(guard(estate, bucket, "Policy").inputs["policy"])["Statement"]
        denied = {s["Sid"]: s for s in statements if s["Effect"] == "Deny"}
        for sid, condition in (
            ("TlsOnly", {"Bool": {"aws:SecureTransport": "false"}}),
            ("Tls12OrNewer", {"NumericLessThan": {"s3:TlsVersion": "1.2"}}),
        ):
            assert denied[sid]["Principal"] == {"AWS": "*"}
            assert denied[sid]["Action"] == "s3:*"
            assert denied[sid]["Resource"] == [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"]
            assert denied[sid]["Condition"] == condition


def test_what_a_bucket_admits_is_an_aws_service_acting_for_this_account(estate: Estate) -> None:
    for bucket in buckets(estate):
        account = bucket.split("-")[-2]
        statements = json.loads(guard(estate, bucket, "Policy").inputs["policy"])["Statement"]
        for statement in (s for s in statements if s["Effect"] == "Allow"):
            assert set(statement["Principal"]) == {"Service"}
            assert statement["Condition"]["StringEquals"]["aws:SourceAccount"] == account


def test_unfinished_uploads_and_superseded_versions_go(estate: Estate) -> None:
    for bucket in buckets(estate):
        rules = guard(estate, bucket, "LifecycleConfiguration").inputs["rules"]
        live = [rule for rule in rules if rule["status"] == "Enabled"]
        assert any(
            rule.get("abortIncompleteMultipartUpload", {}).get("daysAfterInitiation", 0) > 0 for rule in live
        )
        assert any(rule.get("noncurrentVersionExpiration", {}).get("noncurrentDays", 0) > 0 for rule in live)


def test_access_is_logged_and_the_log_does_not_log_itself(estate: Estate) -> None:
    logs = next(bucket for bucket in buckets(estate) if bucket.endswith("-logs"))
    logged = {each.inputs["bucket"]: each.inputs for each in estate.of(f"{S3}bucketLogging:BucketLogging")}
    assert set(logged) == set(buckets(estate)) - {logs}
    assert {each["targetBucket"] for each in logged.values()} == {logs}


def test_releases_never_expire(estate: Estate) -> None:
    releases = next(bucket for bucket in buckets(estate) if bucket.endswith("-releases"))
    rules = guard(estate, releases, "LifecycleConfiguration").inputs["rules"]
    assert not any("expiration" in rule for rule in rules)
