"""A tritonserver that is killed, that cannot start, and what is left of it."""

from __future__ import annotations

import socket
import time
from pathlib import Path

import httpx
import psutil
import pytest

from isthmus_client import Recommender
from serving.components.pod import Timing
from serving.local import server as local
from serving.local.server import LocalServer, LocalServerFailed
from serving.server.envoy_config import CONNECTION_S


def test_a_client_outlives_its_server(repository: Path, tmp_path: Path) -> None:
    server = LocalServer(repository, tmp_path / "log")
    server.start()
    try:
        with Recommender(server.url("grpc")) as grpc, Recommender(server.url("http")) as http:
            before = grpc.recommend("nobody").products
            assert http.recommend("nobody").products == before
            assert server.process is not None
            models = psutil.Process(server.process.pid).children(recursive=True)
            assert len(models) == 2, "recommend and the towers"
            server.process.kill()
            server.stop()
            assert not psutil.wait_procs(models, timeout=60)[1]
            server.start()
            assert grpc.recommend("nobody").products == before
            assert http.recommend("nobody").products == before
    finally:
        server.stop()


def test_a_server_told_to_end_does_not_wait_for_connections_of_envoy(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It also starts where another program takes the port that was drawn for it first."""
    server, draw, draws = LocalServer(repository, tmp_path / "log", finish_s=300), local._free_ports, []
    with socket.create_server(("127.0.0.1", 0)) as taken:

        def drawn(address: str, count: int) -> list[int]:
            draws.append(draw(address, count))
            return [*draws[0][:-1], taken.getsockname()[1]] if len(draws) == 1 else draws[-1]

        monkeypatch.setattr(local, "_free_ports", drawn)
        server.start()
    assert len(draws) == 2
    try:
        with Recommender(server.url("grpc")) as grpc, Recommender(server.url("http")) as http:
            grpc.recommend("nobody")
            http.recommend("nobody")
            assert server.process is not None
            server.process.terminate()
            server.process.wait(200)
    finally:
        server.stop()


def test_a_connection_ends_between_two_questions_so_that_callers_come_to_other_pods(
    server: LocalServer,
) -> None:
    assert Timing().unlisted > CONNECTION_S, "a pod that goes has callers left when Triton is told to end"
    until, ends = time.monotonic() + CONNECTION_S + 2, 0
    with (
        httpx.Client(base_url=server.url("http"), trust_env=False) as http,
        Recommender(server.url("grpc"), patience_s=0) as grpc,
    ):
        while time.monotonic() < until:
            answer = http.get("/v2/health/ready")
            assert answer.is_success
            ends += answer.headers.get("connection") == "close"
            assert grpc.recommend("nobody").products
    assert ends == 1


def test_a_server_that_cannot_start_says_why(tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "lookup").mkdir()
    with pytest.raises(LocalServerFailed, match=r"tritonserver ended with status 1: .*lookup"):
        LocalServer(tmp_path / "models", tmp_path / "log").start()
