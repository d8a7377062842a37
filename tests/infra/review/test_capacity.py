"""A thousand recommendations at the measured capacity of a release: by hand, and of no other release."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from infra.review.cost.capacity import read_capacity
from infra.review.errors import CannotJudge
from tests.infra.review.bills import resource
from tests.infra.review.test_bill import NODE_GROUP, nodes, price
from tests.infra.review.test_pods import DEPLOYMENT, pods, shared

RELEASE, OTHER = (f"sha256:{digit * 64}" for digit in "ab")
POOL = {"isthmus.dev/pool": "serving"}


def measured(tmp_path: Path, **changes: Any) -> Path:
    file = tmp_path / "bench.json"
    told = {
        "release": RELEASE,
        "answers_per_s": {"16_callers": 250.0, "questions_of_64": 900.0},
        "ready_s": 1.0,
    }
    file.write_text(json.dumps({**told, **changes}))
    return file


def test_it_is_the_price_of_the_pod_over_what_it_answers(tmp_path: Path) -> None:
    """A pod of one GPU is all of a g5.xlarge; 250 answers a second are 900 thousands an hour."""
    group = resource(NODE_GROUP, nodes(1, 3, labels={"pool": "serving", "purpose": "serving"}), "gpus")
    triton = pods(DEPLOYMENT, "triton", {"nvidia.com/gpu": 1}, replicas=3, selects=POOL)
    triton = replace(triton, urn=f"urn:pulumi:s::p::isthmus:serving:Triton${DEPLOYMENT}::triton")
    other = pods(DEPLOYMENT, "web", {"cpu": 1})
    found = shared(group, triton, other)
    usd = read_capacity(measured(tmp_path), RELEASE).usd_per_thousand(found.values())
    assert usd == {"triton": (price("ec2.csv", "g5.xlarge") / 900).quantize(Decimal("1e-6"))}


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"release": OTHER}, "was measured with the release"),
        ({"release": "latest"}, "has no measured capacity: release"),
        ({"answers_per_s": {}}, "has no measured capacity: answers_per_s"),
        ({"answers_per_s": {"x": 0}}, "has no measured capacity: answers_per_s.x"),
        ({"answers_per_s": {"x": "fast"}}, "has no measured capacity"),
    ],
)
def test_what_is_none_or_of_another_release_is_no_verdict(
    tmp_path: Path, changes: dict[str, Any], says: str
) -> None:
    with pytest.raises(CannotJudge, match=says):
        read_capacity(measured(tmp_path, **changes), RELEASE)


def test_a_file_that_is_none_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "wrong.json").write_text("{")
    (tmp_path / "large.json").write_bytes(b" " * (2**20 + 1))
    for name, says in (
        ("none.json", "cannot be read"),
        ("wrong.json", "is no JSON"),
        ("large.json", "larger"),
    ):
        with pytest.raises(CannotJudge, match=says):
            read_capacity(tmp_path / name, None)
