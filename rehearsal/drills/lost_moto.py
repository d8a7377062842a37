"""The stand-in for AWS is killed, and forgets all it held; the estate must be rebuilt."""

from __future__ import annotations

import json
from collections.abc import Callable

import psutil

from rehearsal.drills.drill import Drill, bring_up, expect
from rehearsal.estate import Estate
from rehearsal.sandbox import change


def play(estate: Estate, rounds: int, say: Callable[[str], None]) -> str:
    """Kill moto ``rounds`` times under an estate that is up."""
    change(estate.project_dir, {"training": {"enabled": False}, "serving": {"enabled": False}})
    first = bring_up(estate)
    for _ in range(rounds):
        expect(estate.lost() == "", "a living stand-in is called lost")
        moto = psutil.Process(json.loads((estate.home.aws / "server.json").read_text())["pid"])
        moto.kill()
        moto.wait(10)
        reason = estate.lost()
        expect(bool(reason), "nothing noticed that the stand-in was killed")
        estate.wipe()
        again = bring_up(estate)
        expect(again.created == first.created, f"rebuilt {again.created} of {first.created} resources")
        say(f"{reason}: rebuilt {again}")
    return f"noticed and rebuilt {rounds} times"


DRILL = Drill("lost moto", "it is noticed, said, and the estate is rebuilt", play, short=1, long=3)
