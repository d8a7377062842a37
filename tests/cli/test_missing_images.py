"""A preview tells of images that the registry does not have, where it can ask."""

from __future__ import annotations

import json

import boto3
import pytest
from moto import mock_aws

from isthmus.cli import missing_images as asked
from isthmus.cli.missing_images import missing_images
from isthmus.images import IMAGES, tag
from tests.infra.recorded import changed_settings

MANIFEST = {
    "schemaVersion": 2,
    "mediaType": "application/vnd.oci.image.manifest.v1+json",
    "config": {
        "mediaType": "application/vnd.oci.image.config.v1+json",
        "size": 2,
        "digest": "sha256:" + "4" * 64,
    },
    "layers": [],
}


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")


def test_what_the_registry_lacks_is_told_and_what_it_has_is_not() -> None:
    with mock_aws():
        ecr = boto3.client("ecr", region_name="eu-west-1")
        account = boto3.client("sts", region_name="eu-west-1").get_caller_identity()["Account"]
        settings = changed_settings("dev", {"aws.account_id": account})
        names = ("training", "training_gpu", "serving")
        told = missing_images(settings)
        assert [f"build {name}`" in sentence for name, sentence in zip(names, told, strict=True)] == [
            True
        ] * 3
        for repository in ("isthmus/training", "isthmus/serving"):
            ecr.create_repository(repositoryName=repository)
        pushed = ecr.put_image(
            repositoryName="isthmus/training",
            imageManifest=json.dumps(MANIFEST),
            imageTag=tag(IMAGES["training"]),
        )["image"]["imageId"]["imageDigest"]
        told = missing_images(settings)
        assert [name for name in names if any(f"build {name}`" in each for each in told)] == [*names[1:]]
        pinned = changed_settings("dev", {"aws.account_id": account, "images.training_gpu": pushed})
        assert [f"build {name}`" in " ".join(missing_images(pinned)) for name in names] == [
            False,
            False,
            True,
        ]


def test_without_credentials_nothing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asked, "_client", lambda _: None)
    assert missing_images(changed_settings("dev", {})) == []
