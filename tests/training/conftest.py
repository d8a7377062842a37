"""A real S3 server for the tests of training."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionError

from training.jobs.local.workers import free_ports

REGION = "eu-west-1"


@pytest.fixture(scope="session")
def s3_url() -> Iterator[str]:
    """A moto server of its own, on a free port."""
    port = free_ports(1)[0]
    server = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
        env={**os.environ, "S3_UPLOAD_PART_MIN_SIZE": "65536"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(300):
            try:
                client(url).list_buckets()
                break
            except (ConnectionError, ClientError):
                time.sleep(0.2)
        yield url
    finally:
        server.kill()
        server.wait()


@pytest.fixture
def stand_in_aws(s3_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment of a job that reaches the S3 server in place of AWS."""
    for name, value in {
        "AWS_ENDPOINT_URL": s3_url,
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": "rehearsal",
        "AWS_SECRET_ACCESS_KEY": "rehearsal",
    }.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def bucket(s3_url: str, request: pytest.FixtureRequest) -> Iterator[Callable[[str], str]]:
    """Makes buckets of this test, emptied afterwards."""
    names: list[str] = []
    s3 = client(s3_url)

    def make(kind: str) -> str:
        name = f"{kind}-{abs(hash(request.node.nodeid)) % 10**10}"
        s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
        names.append(name)
        return name

    yield make
    for name in names:
        for key in keys(s3, name):
            s3.delete_object(Bucket=name, Key=key)
        s3.delete_bucket(Bucket=name)


def client(url: str) -> Any:
    """An S3 client for the server."""
    return boto3.client(
        "s3",
        endpoint_url=url,
        region_name=REGION,
        aws_access_key_id="rehearsal",
        aws_secret_access_key="rehearsal",
        config=Config(connect_timeout=2, read_timeout=20, retries={"max_attempts": 1}),
    )


def keys(s3: Any, name: str) -> list[str]:
    """All keys of a bucket."""
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=name)
    return [entry["Key"] for page in pages for entry in page.get("Contents", ())]
