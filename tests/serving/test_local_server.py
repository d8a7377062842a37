"""A tritonserver that is killed, that cannot start, and what is left of it."""

from __future__ import annotations

from pathlib import Path

import psutil
import pytest

from isthmus_client import Recommender
from serving.local.server import LocalServer, LocalServerFailed


def test_a_client_outlives_its_server(repository: Path, tmp_path: Path) -> None:
    server = LocalServer(repository, tmp_path / "log")
    server.start()
    try:
        with Recommender(server.url("grpc")) as grpc, Recommender(server.url("http")) as http:
            before = grpc.recommend("nobody").products
            assert http.recommend("nobody").products == before
            assert server.process is not None
            models = psutil.Process(server.process.pid).children(recursive=True)
            assert len(models) == 3
            server.process.kill()
            server.stop()
            _, alive = psutil.wait_procs(models, timeout=10)
            assert not alive
            server.start()
            assert grpc.recommend("nobody").products == before
            assert http.recommend("nobody").products == before
    finally:
        server.stop()


def test_a_server_told_to_end_does_not_wait_for_connections_of_envoy(
    repository: Path, tmp_path: Path
) -> None:
    server = LocalServer(repository, tmp_path / "log", finish_s=30)
    server.start()
    try:
        with Recommender(server.url("grpc")) as grpc, Recommender(server.url("http")) as http:
            grpc.recommend("nobody")
            http.recommend("nobody")
            assert server.process is not None
            server.process.terminate()
            server.process.wait(20)
    finally:
        server.stop()


def test_a_server_that_cannot_start_says_why(tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "lookup").mkdir()
    with pytest.raises(LocalServerFailed, match=r"tritonserver ended with status 1: .*lookup"):
        LocalServer(tmp_path / "models", tmp_path / "log").start()
