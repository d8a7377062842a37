"""What the program asks for anew when one setting changes, held against the setting's row, without an
engine.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import pytest

from infra.__main__ import estate
from infra.settings.changes import NOUNS
from infra.settings.changes.table import RUNS_AGAIN, STUDY_AGAIN
from infra.settings.checking import check
from tests.infra.recorded import record
from tests.rehearsal.standing.plays import Play, config, plays
from tests.rehearsal.standing.turns import expected

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]

LOOKED_UP = {"openstack.external_network"}
"""The mocks know one external network, whatever it is called."""
OF_JOBS = {"kubernetes:batch/v1:Job", "kubernetes:batch/v1:CronJob", "kubernetes:core/v1:Service"}
OF_NETWORK = {"kubernetes:networking.k8s.io/v1:NetworkPolicy"}
OF_QUOTA = {"kubernetes:core/v1:ResourceQuota"}
"""Has room for as many pods as there may be."""


def _asked(changes: Mapping[str, Any]) -> dict[tuple[str, str], Any]:
    sections = {f"isthmus:{name}": values for name, values in config(changes).items()}
    settings = check("f", "local", sections)
    made = record(lambda: estate(settings), "local")
    return {(each.type, each.name): each.inputs for each in made.resources if each.custom}


@cache
def _before() -> dict[tuple[str, str], Any]:
    return _asked({})


@pytest.mark.parametrize(
    "section",
    [
        "aws",
        "openstack",
        "link",
        "orders",
        "training",
        "serving",
        "budget",
        "cost",
        "policy",
        "images",
        "platform",
    ],
)
def test_the_program_asks_for_what_the_row_says(section: str) -> None:
    mine = [play for play in plays() if play.key.startswith(f"{section}.") and play.key not in LOOKED_UP]
    assert mine
    for play in mine:
        _hold(play)


def _hold(play: Play) -> None:
    before, now, row = _before(), _asked(play.changes), expected(play)
    changed = {key[0] for key in before.keys() | now.keys() if before.get(key) != now.get(key)}
    assert bool(changed) == (row.effect != "nothing"), play.title
    if row is RUNS_AGAIN:
        assert "kubernetes:batch/v1:Job" in changed, play.title
        assert changed <= OF_JOBS | OF_NETWORK | OF_QUOTA, play.title
    if row is STUDY_AGAIN:
        # Another database of the study is another way out of its pods.
        job = {"kubernetes:batch/v1:Job"}
        assert job <= changed <= job | OF_NETWORK | OF_QUOTA, play.title
    moved = {NOUNS[key[0]] for key in before.keys() ^ now.keys() if key[0] in NOUNS}
    if row.effect == "added or removed":
        assert moved & set(row.what), play.title
    if row.effect == "in place":
        assert not moved, play.title
