"""Each setting is changed on an estate that stands, settled and changed back; and again while clouds fail.

``make test`` plays the fullest turn and takes one back that failed, ``make long`` plays every setting,
``make standing`` every value of each, with faults too. Where a turn of several plays fails, play them
one by one: ``make standing ONLY=link.asn``.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from typer.testing import CliRunner

from isthmus.cli.commands.settings import app
from tests.rehearsal.standing.plays import Play, plays
from tests.rehearsal.standing.standing_estate import Standing, standing
from tests.rehearsal.standing.turns import Turn, expected, nouns, turns

pytestmark = [pytest.mark.engine, pytest.mark.timeout(900)]

ALL = [play for play in plays() if not os.environ.get("ONLY") or play.key.startswith(os.environ["ONLY"])]
REFUSED = [play for play in ALL if expected(play).effect == "refused"]
TURNS = turns(play for play in ALL if expected(play).effect != "refused")
TAKEN_BACK = {"link.ike.dh_group"}
"""``make test`` lets the turns of these fail once and takes them back."""
SHARE = 0.35
"""Of all creations, updates and deletions, that fail once."""


def _has(turn: Turn, keys: set[str]) -> bool:
    return any(play.key in keys for play in turn.plays)


def _marked(turns: list[Turn], mark: Callable[[Turn], pytest.MarkDecorator | None]) -> list[object]:
    marked = [(turn, mark(turn)) for turn in turns]
    return [pytest.param(turn, id=turn.title, marks=[found] if found else []) for turn, found in marked]


def _calm(turn: Turn) -> pytest.MarkDecorator | None:
    # On real control planes and services a turn takes a minute: `make standing` plays the others.
    return None if turn is TURNS[0] else pytest.mark.standing


def _taken_back(turn: Turn) -> pytest.MarkDecorator | None:
    return None if _has(turn, TAKEN_BACK) else pytest.mark.standing


@pytest.fixture
def estate(standing_estate: Standing) -> Iterator[Standing]:
    """The estate as the stack file has it; brought back to that where a test left it on the way."""
    yield standing_estate
    if standing_estate.changed:
        standing_estate.write({})
        standing_estate.run(check=False)


@pytest.fixture(scope="module")
def standing_estate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Standing]:
    with standing(tmp_path_factory.mktemp("standing")) as made:
        yield made


@pytest.mark.parametrize("turn", _marked(TURNS, _calm))
def test_changed_settled_and_changed_back(estate: Standing, turn: Turn) -> None:
    estate.write(turn.changes)
    told = estate.run()
    made_again, moved = nouns(told.replaced), nouns(told.types("create", "delete"))
    assert made_again == turn.told_of("made again"), told
    assert turn.told_of("added or removed") <= moved | made_again, told
    assert moved <= turn.told_of("added or removed") | turn.told_of("made again"), told
    if all(expected(play).effect == "nothing" for play in turn.plays):
        assert not told.changes, told
    else:
        assert told.changes
    for play in turn.plays:
        row = expected(play)
        assert (f"{play.key}: " in told.warnings) == row.warns, told.warnings
        assert not row.warns or row.note in told.warnings
    estate.settled()
    estate.write({})
    estate.run()


def test_nothing_is_left_of_what_was_changed_back(estate: Standing) -> None:
    estate.settled()


def _touches_clouds(turn: Turn) -> bool:
    return any(set(expected(play).what) - {"jobs", "scheduled jobs"} for play in turn.plays)


FAULTY = [turn for turn in TURNS if _touches_clouds(turn)]


@pytest.mark.standing
# One up for each resource that waits for one that failed: on a busy machine 900 s were too few.
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("turn", FAULTY, ids=lambda turn: turn.title)
def test_what_failed_on_the_way_is_mended_by_the_next_up(estate: Standing, turn: Turn) -> None:
    """Every step that is drawn fails once, on the way there and on the way back."""
    estate.write(turn.changes)
    estate.through_faults(seed=1, share=SHARE)
    estate.settled()
    estate.write({})
    estate.through_faults(seed=2, share=SHARE)
    estate.settled()


@pytest.mark.parametrize("turn", _marked(FAULTY, _taken_back))
def test_a_failed_change_can_be_taken_back(estate: Standing, turn: Turn) -> None:
    estate.write(turn.changes)
    estate.fail(seed=3, share=SHARE)
    estate.write({})
    estate.run()
    estate.settled()


def _without_ciphers(value: Any) -> Any:
    """Each up encrypts secrets anew, whatever it does."""
    if isinstance(value, dict):
        return {key: _without_ciphers(each) for key, each in value.items() if key != "ciphertext"}
    return [_without_ciphers(each) for each in value] if isinstance(value, list) else value


@pytest.mark.parametrize("play", REFUSED, ids=lambda play: play.title)
def test_what_cannot_be_is_refused_before_anything_is_registered(
    estate: Standing, play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    row, before = expected(play), _without_ciphers(estate.estate.resources())
    stood = estate.stands
    estate.write(play.changes)
    try:
        for command in ("preview", "up"):
            told = estate.run(command, check=False)
            (error,) = (error.message for error in told.result.errors() if "failed" not in error.message)
            assert error.startswith(f"stacks/Pulumi.local.yaml: {play.key}: is "), error
            assert row.note in error
            assert not told.changes
        assert _without_ciphers(estate.estate.resources()) == before
        estate.stands = stood  # as nothing was registered: no up has to bring it back
        monkeypatch.chdir(estate.estate.project_dir)
        checked = CliRunner().invoke(app, ["check", "local"])
        assert checked.exit_code == 1
        assert row.note in " ".join(checked.output.split())
    finally:
        estate.write({})
