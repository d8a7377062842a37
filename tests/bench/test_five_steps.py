"""The chain that the benchmark compares with: what it answered is what is answered now."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from isthmus_client import Answer, Recommender
from serving.local.serve_release import serve_release
from serving.local.server import LocalServer
from tests.bench.five_steps.repository import build_five_steps
from tests.serving.two_stage_release import make_two_stages
from training.release import Customers


def test_the_chain_of_five_models_answers_alike_and_the_client_knows_both(tmp_path: Path) -> None:
    """Its servers are those of earlier releases, too: they lack the packed answer."""
    release, repository = tmp_path / "release", tmp_path / "models"
    manifest = make_two_stages(release)
    build_five_steps(release, manifest, repository)
    with LocalServer(repository, tmp_path / "log") as server, Recommender(server.url("grpc")) as client:
        earlier = _answers(client, release)
    with serve_release(release) as client:
        now = _answers(client, release)
    assert len({answer.reason for answer in now}) == 2
    for before, after in zip(earlier, now, strict=True):
        assert [one.code for one in before.products] == [one.code for one in after.products]
        scores = [one.score for one in after.products]
        assert [one.score for one in before.products] == pytest.approx(scores, rel=1e-5)
        assert replace(before, products=(), milliseconds=0) == replace(after, products=(), milliseconds=0)


def _answers(client: Recommender, release: Path) -> list[Answer]:
    names = [*Customers.read(release), "nobody"]
    return [
        answer
        for only_new in (False, True)
        for k in (1, 10, 35, 60)
        for answer in client.recommend_many(names, k, only_new)
    ]
