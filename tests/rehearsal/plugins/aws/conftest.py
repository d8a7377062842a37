"""A moto server of the session's own, on a free port."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.request import Request, urlopen

import pytest

from rehearsal.plugins.aws import moto_server
from rehearsal.plugins.aws.backend import AwsBackend


@pytest.fixture(scope="session")
def moto(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    """The record folder and the address."""
    folder = tmp_path_factory.mktemp("aws")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    moto_server.ensure(folder, url)
    yield folder, url
    moto_server.stop(folder)


def reset(moto: tuple[Path, str]) -> None:
    """Leave the server with nothing in it."""
    folder, url = moto
    urlopen(Request(f"{url}/moto-api/reset", method="POST"))  # noqa: S310
    (folder / "recorded.json").unlink(missing_ok=True)


def connected(moto: tuple[Path, str]) -> AwsBackend:
    folder, url = moto
    made = AwsBackend(folder)
    made.configure(
        {
            "region": "eu-west-1",
            "endpoints": f'[{{"s3": "{url}"}}]',
            "defaultTags": '{"tags": {"project": "isthmus"}}',
        }
    )
    return made


@pytest.fixture
def backend(moto: tuple[Path, str]) -> AwsBackend:
    reset(moto)
    return connected(moto)
