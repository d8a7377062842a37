"""A server whose release has a ranking stage, so that every input of a question counts."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from serving.local.server import LocalServer
from serving.repository.build import build
from tests.serving.two_stage_release import make_two_stages
from training.release import new_key, sign


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalServer]:
    folder = tmp_path_factory.mktemp("fuzz")
    manifest = make_two_stages(folder / "release")
    signature = sign(manifest.digest(), new_key())
    build(folder / "release", manifest, signature, folder / "models", onnx_backend="python")
    with LocalServer(folder / "models", folder / "log") as server:
        yield server
