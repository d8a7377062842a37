"""``isthmus doctor`` asks a rehearsal's own clouds, and finds what is well well and planted faults."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from infra.doctor import CHECKS, Clouds, Finding, run
from rehearsal.home import Home
from rehearsal.openstack_services import services
from rehearsal.openstack_services.session import Session
from rehearsal.plugins.aws import moto_server
from tests.infra.recorded import changed_settings
from tests.rehearsal.conftest import filled

ALIAS, STATE = "alias/isthmus-local", "isthmus-local-123456789012-state"
ENCRYPTED = {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]}
CLOSED = dict.fromkeys(
    ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True
)


@dataclass(frozen=True)
class Site:
    """Both stand-ins, with the credentials of a plain member of the project."""

    aws_url: str
    cloud: services.Cloud

    def clouds(self, **changes: object) -> Clouds:
        values: dict[str, object] = {
            "aws.endpoint_url": self.aws_url,
            "openstack.auth_url": self.cloud.auth_url,
            "openstack.object_store_url": self.cloud.store_url,
            "openstack.region": self.cloud.region,
        }
        settings = changed_settings(
            "local", values | {key.replace("__", "."): value for key, value in changes.items()}
        )
        given = {f"OS_{name.upper()}": value for name, value in self.cloud.credentials.items()}
        return Clouds(settings, "awskms://alias/isthmus-local?region=eu-west-1", given)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, private_site: Home) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("moto")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    moto_server.ensure(folder, url)
    try:
        yield Site(url, filled(private_site))
    finally:
        moto_server.stop(folder)


def found(clouds: Clouds) -> dict[str, Finding]:
    return {finding.check.name: finding for finding in run(CHECKS, clouds.settings, clouds)}


def client(clouds: Clouds, service: str) -> Any:
    clouds.sign_in("aws")
    return clouds.aws(service)


@pytest.fixture(scope="module")
def well(site: Site) -> Iterator[Site]:
    """What the bootstrap and the operator would have made."""
    clouds = site.clouds()
    kms, s3, trail = (client(clouds, service) for service in ("kms", "s3", "cloudtrail"))
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.create_alias(AliasName=ALIAS, TargetKeyId=key)
    s3.create_bucket(Bucket=STATE, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.put_bucket_versioning(Bucket=STATE, VersioningConfiguration={"Status": "Enabled"})
    s3.put_bucket_encryption(Bucket=STATE, ServerSideEncryptionConfiguration=ENCRYPTED)
    s3.put_public_access_block(Bucket=STATE, PublicAccessBlockConfiguration=CLOSED)
    trail.create_trail(Name="isthmus", S3BucketName=STATE, IsMultiRegionTrail=True)
    trail.start_logging(Name="isthmus")
    with quota(site, cores=200, ram=400_000):
        yield site


@contextmanager
def quota(site: Site, **values: int) -> Iterator[None]:
    admin = Session.of(site.cloud, administrator=True)
    project = Session.of(site.cloud).project_id
    path = f"/os-quota-sets/{project}"
    admin.request("compute", "PUT", path, json={"quota_set": values})
    try:
        yield
    finally:
        admin.request("compute", "DELETE", path)


def test_what_is_well_is_found_well_and_what_the_stand_ins_lack_is_not_asked(well: Site) -> None:
    findings = found(well.clouds())
    assert {name for name, each in findings.items() if each.state in ("failed", "unanswered")} == set(), (
        findings
    )
    not_asked = {name for name, each in findings.items() if each.state == "not asked"}
    assert not_asked == {"vCPU quotas", "versions", "cost tags"}


def test_five_planted_faults_are_found_each_by_its_sentence(well: Site) -> None:
    clouds = well.clouds()
    kms, s3, ec2 = (client(clouds, service) for service in ("kms", "s3", "ec2"))
    key = kms.describe_key(KeyId=ALIAS)["KeyMetadata"]["KeyId"]
    kms.schedule_key_deletion(KeyId=key)
    s3.put_bucket_versioning(Bucket=STATE, VersioningConfiguration={"Status": "Suspended"})
    networks = [ec2.create_vpc(CidrBlock=f"10.9{index}.0.0/16")["Vpc"]["VpcId"] for index in range(5)]
    admin = Session.of(well.cloud, administrator=True)
    image = admin.post(
        "image",
        "/v2/images",
        {"name": "no-version", "disk_format": "raw", "container_format": "bare", "visibility": "public"},
    )
    admin.request(
        "image",
        "PUT",
        f"/v2/images/{image['id']}/file",
        data=b"0",
        headers={"Content-Type": "application/octet-stream"},
    )
    with quota(well, cores=7):
        planted = found(well.clouds(openstack__cluster__image="no-version"))
    admin.request("image", "DELETE", f"/v2/images/{image['id']}")
    for network in networks:
        ec2.delete_vpc(VpcId=network)
    s3.put_bucket_versioning(Bucket=STATE, VersioningConfiguration={"Status": "Enabled"})
    kms.cancel_key_deletion(KeyId=key)
    kms.enable_key(KeyId=key)
    said = {name: " ".join(each.said) for name, each in planted.items() if each.state == "failed"}
    assert said.keys() == {"key of secrets", "state bucket", "network quotas", "images", "quotas"}
    assert "alias/isthmus-local, which is PendingDeletion: enable it" in said["key of secrets"]
    assert f"s3://{STATE}: keeps no versions" in said["state bucket"]
    assert "VPCs per Region (L-F678F1CE) is 5: ask for more" in said["network quotas"]
    assert "no-version, whose os_distro is absent" in said["images"]
    assert "quota cores: is 7 with 0 used, and the estate takes 34 at most" in said["quotas"]


def test_a_restricted_application_credential_is_found(site: Site) -> None:
    owner = Session.of(site.cloud)
    path = f"/users/{owner._session.get_user_id()}/application_credentials"
    for unrestricted in (True, False):
        wanted = {"name": f"doctor-{unrestricted}", "unrestricted": unrestricted}
        made = owner.post("identity", path, {"application_credential": wanted})["application_credential"]
        clouds = site.clouds()
        clouds.environment = {
            "OS_APPLICATION_CREDENTIAL_ID": made["id"],
            "OS_APPLICATION_CREDENTIAL_SECRET": made["secret"],
        }
        finding = found(clouds)["credential"]
        owner.request("identity", "DELETE", f"{path}/{made['id']}")
        assert (finding.state == "ok") is unrestricted, finding
        assert unrestricted or "--unrestricted NAME" in finding.said[0]


def test_a_store_of_another_region_is_found(site: Site) -> None:
    finding = found(site.clouds(openstack__object_store_region="elsewhere"))["object store"]
    assert finding.said[0].startswith(
        "openstack.object_store_region: is elsewhere, and the store signs for another"
    )
