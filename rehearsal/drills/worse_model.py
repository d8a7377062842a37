"""A model that learned next to nothing: the validation refuses it, and what is in service stays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rehearsal import sandbox
from rehearsal.drills.drill import Drill, DrillFailed, bring_up, expect
from rehearsal.engine.errors import EngineError
from rehearsal.estate import Estate

WORSE = {"epochs": 1, "learning_rate": 1e-6, "embedding_dim": 4}


def play(estate: Estate, rounds: int, say: Callable[[str], None]) -> str:
    """Bring up a good model, then a worse one, then the good one again; ``rounds`` times."""
    bring_up(estate)
    good = _in_service(estate)
    say(f"in service: {good['release']}")
    own = {name: getattr(estate.settings.training, name) for name in WORSE}
    for _ in range(rounds):
        sandbox.change(estate.project_dir, {"training": WORSE})
        refusal = _refused(estate)
        for line in refusal.splitlines():
            if "is refused" in line or "missed" in line:
                say(line.strip())
        expect("is refused: recall@20" in refusal, f"the up failed for another reason: {refusal}")
        expect(_in_service(estate) == good, "the outputs name another release than the one in service")
        expect(estate.answers(), "no Triton server answers after the refusal")
        sandbox.change(estate.project_dir, {"training": own})
        bring_up(estate)
        expect(_in_service(estate) == good, "the good settings did not bring the same release back")
    return f"refused {rounds} times, {str(good['release'])[:19]} stayed in service and answered"


def _refused(estate: Estate) -> str:
    try:
        bring_up(estate)
    except EngineError as error:
        return str(error)
    raise DrillFailed("a model that learned next to nothing was signed")


def _in_service(estate: Estate) -> Any:
    return next(iter(estate.outputs()["serving"].values()))


DRILL = Drill(
    name="worse model",
    expects="the job that validates refuses it with the gate it missed, and latest.json does not move",
    play=play,
    short=0,
    long=1,
)
