"""One small release, one S3 server and one real tritonserver for all tests of serving."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import httpx
import pytest
from moto.server import ThreadedMotoServer

from serving.local_triton import command
from serving.pod import REPOSITORY, PodSpec, triton_args
from serving.repository import build
from tests.serving.small_release import SmallRelease, make
from training.release import Store, new_key, public_key, sign

BUCKET = "releases"
POD = PodSpec(
    release="",
    releases_bucket=BUCKET,
    trusted_keys=[],
    triton_image="",
    serving_image="",
    region="us-east-1",
)


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


class Server:
    """A tritonserver of its own address and process group."""

    def __init__(self, repository: Path, log: Path, address: str) -> None:
        self.address = address
        self.ports = {kind: _free_port(address) for kind in ("http", "grpc", "metrics")}
        # The arguments of the pod, with what Kubernetes would put into them.
        filled = {REPOSITORY: str(repository), "$(POD_IP)": address, "$(POD_NAME)": f"test-{os.getpid()}"}
        args = [arg for arg in triton_args(POD) if "-port=" not in arg]
        for name, value in filled.items():
            args = [arg.replace(name, value) for arg in args]
        args += [f"--{kind}-port={port}" for kind, port in self.ports.items()]
        self.log = log
        argv, env = command(args)
        with log.open("wb") as stream:
            self.process = subprocess.Popen(
                argv, env={**os.environ, **env}, stdout=stream, stderr=stream, start_new_session=True
            )

    def url(self, kind: str) -> str:
        return f"{kind}://{self.address}:{self.ports[kind]}"

    def wait(self) -> None:
        until = time.monotonic() + 60
        while time.monotonic() < until:
            assert self.process.poll() is None, self.log.read_text()[-3000:]
            try:
                if httpx.get(self.url("http") + "/v2/health/ready", timeout=5).is_success:
                    return
            except httpx.TransportError:
                pass
            time.sleep(0.05)
        raise AssertionError(self.log.read_text()[-3000:])

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


@pytest.fixture(scope="session")
def server(
    release: SmallRelease, signing_key: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    root = tmp_path_factory.mktemp("triton")
    build(
        release.directory,
        release.manifest,
        sign(release.digest, signing_key),
        root / "models",
        onnx_backend="python",
    )
    server = Server(root / "models", root / "log", "127.0.0.1")
    try:
        server.wait()
        yield server
    finally:
        server.stop()


def _free_port(address: str) -> int:
    with socket.socket() as probe:
        probe.bind((address, 0))
        return int(probe.getsockname()[1])
