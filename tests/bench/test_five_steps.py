"""The chain that the benchmark compares with: what it answered is what is answered now."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tritonclient.grpc import InferenceServerClient

from isthmus_client import Answer, Recommender
from isthmus_client.transport import as_inputs
from serving.local.serve_release import serve_release
from serving.local.server import LocalServer
from tests.bench.five_steps.repository import build_five_steps
from tests.serving.two_stage_release import make_two_stages
from training.release import Customers

QUESTIONS = [(only_new, k) for only_new in (False, True) for k in (1, 10, 35, 60)]


def test_the_chain_of_five_models_answered_alike(tmp_path: Path) -> None:
    release, repository = tmp_path / "release", tmp_path / "models"
    manifest = make_two_stages(release)
    build_five_steps(release, manifest, repository)
    names = [*Customers.read(release), "nobody"]
    with LocalServer(repository, tmp_path / "log") as server:
        before = [row for only_new, k in QUESTIONS for row in _columns(server, names, k, only_new)]
    with serve_release(release) as client:
        now = _answers(client, names)
    assert len({answer.reason for answer in now}) == 2
    for earlier, answer in zip(before, now, strict=True):
        assert _texts(earlier["items"]) == [one.code for one in answer.products]
        there = len(answer.products)
        scores = [one.score for one in answer.products]
        assert earlier["scores"][:there].tolist() == pytest.approx(scores, rel=1e-5)
        assert _texts(earlier["reasons"]) == [one.reason for one in answer.products]
        assert _texts(earlier["descriptions"])[:there] == [one.description for one in answer.products]
        assert _texts(earlier["bought"]) == [one.code for one in answer.bought]
        assert earlier["bought_count"][0] == answer.bought_count
        for name in ("reason", "release", "fewer"):
            assert earlier[name][0].decode() == getattr(answer, name)


def _answers(client: Recommender, names: list[str]) -> list[Answer]:
    return [answer for only_new, k in QUESTIONS for answer in client.recommend_many(names, k, only_new)]


def _columns(server: LocalServer, names: list[str], k: int, only_new: bool) -> list[dict[str, Any]]:
    """What the chain told, an output for each part of an answer; a row for each customer."""
    from tritonclient import grpc

    shape = (len(names), 1)
    inputs = {
        "customer": np.array([[name.encode()] for name in names], np.object_),
        "k": np.full(shape, k, np.int32),
        "only_new": np.full(shape, only_new),
    }
    with InferenceServerClient(server.url("grpc").removeprefix("grpc://")) as client:
        told = client.infer("recommend", as_inputs(grpc, inputs))
    outputs = {each.name: told.as_numpy(each.name) for each in told.get_response().outputs}
    return [{name: array[row] for name, array in outputs.items()} for row in range(len(names))]


def _texts(values: Any) -> list[str]:
    """Without the empty ones that pad a row at its end."""
    return [value.decode() for value in values if value]
