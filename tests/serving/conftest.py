"""One small release, one S3 server and one real tritonserver for all tests of serving."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

from serving.local.server import LocalServer
from serving.repository.build import build
from tests.serving.small_release import SmallRelease, make
from training.release import Store, new_key, public_key, sign

BUCKET = "releases"


@pytest.fixture(scope="session")
def signing_key() -> str:
    return new_key()


@pytest.fixture(scope="session")
def trusted(signing_key: str) -> str:
    return public_key(signing_key)


@pytest.fixture(scope="session")
def release(tmp_path_factory: pytest.TempPathFactory) -> SmallRelease:
    return make(tmp_path_factory.mktemp("release") / "small")


@pytest.fixture(scope="session")
def s3_url() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(scope="session")
def s3(s3_url: str) -> Any:
    client = boto3.client(
        "s3", endpoint_url=s3_url, region_name="us-east-1", aws_access_key_id="t", aws_secret_access_key="t"
    )
    client.create_bucket(Bucket=BUCKET)
    return client


@pytest.fixture
def store(s3: Any, release: SmallRelease, signing_key: str) -> Store:
    """The bucket with the small release, whole and signed (what a test spoiled is mended)."""
    for entry in s3.list_objects_v2(Bucket=BUCKET).get("Contents", ()):
        s3.delete_object(Bucket=BUCKET, Key=entry["Key"])
    store = Store(BUCKET, s3)
    store.push(release.directory)
    store.sign(sign(release.digest, signing_key))
    return store


@pytest.fixture(scope="session")
def repository(release: SmallRelease, signing_key: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("repository") / "models"
    signature = sign(release.digest, signing_key)
    build(release.directory, release.manifest, signature, folder, onnx_backend="python")
    return folder


@pytest.fixture(scope="session")
def server(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalServer]:
    with LocalServer(repository, tmp_path_factory.mktemp("triton") / "log") as server:
        yield server
