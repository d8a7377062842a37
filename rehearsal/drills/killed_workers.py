"""Any of two training workers is killed, again and again, at random moments; nothing is learned less for it.

The workers are the processes that a Job runs, on the sample's orders. What must come of it is read from what
they said: after each kill the run goes on at the last checkpoint or later, and never begins anew; and the
release recommends as well as that of a run which nobody disturbed.
"""

from __future__ import annotations

import json
import random
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from isthmus.progress import listen
from rehearsal.drills.drill import Drill, expect
from rehearsal.estate import Estate
from rehearsal.home import project_root
from training.jobs.local.workers import Workers
from training.operations.workspace import Workspace
from training.orders.source import Folder
from training.settings import TrainingSettings
from training.transfer.batch import from_parquet
from training.transfer.pseudonym import Pseudonyms
from training.transfer.run import transfer
from training.validation.holdout import ALL, IN_SERVICE, MODEL, evaluate
from training.validation.load_window import read_window

SETTINGS = TrainingSettings(workers=2, epochs=4, batch_size=256, checkpoint_steps=10, checkpoint_seconds=1)
"""Small batches, so that there are many steps to kill a worker in."""
LATEST_MARK = 0.8
"""Of the run's steps: after that no kill is begun, so that all of them meet a running training."""


@dataclass
class Killer:
    """Kills a worker drawn at random when the run has come to a step drawn at random, and a moment later.

    ``kills`` has the worker, the step that the last checkpoint was at, and how many lines had been said.
    """

    work: Workspace
    steps: int
    marks: list[int]
    random: random.Random
    lines: list[str]
    kills: list[tuple[int, int, int]] = field(default_factory=list)
    _at: float | None = None

    def __call__(self, running: dict[int, subprocess.Popen[bytes]]) -> None:
        if len(self.kills) == len(self.marks) or not running:
            return
        saved = saved_step(self.work, self.steps)
        if saved is None or saved < self.marks[len(self.kills)]:
            return
        if self._at is None:
            self._at = time.monotonic() + self.random.uniform(0, 1)
        if time.monotonic() >= self._at:
            index = self.random.choice(sorted(running))
            running[index].kill()
            self.kills.append((index, saved_step(self.work, self.steps) or 0, len(self.lines)))
            self._at = None


def saved_step(work: Workspace, steps: int) -> int | None:
    """The step of the run that the last checkpoint was made at; ``steps`` are those of an epoch."""
    for pointer in work.checkpoints.folder.glob("*/latest.json"):
        _, epoch, step, _ = json.loads(pointer.read_bytes())[0]["name"].rsplit("-", 3)
        return int(epoch) * steps + int(step)
    return None


def play(estate: Estate, rounds: int, say: Callable[[str], None]) -> str:
    """Train once without and once with ``rounds`` kills, and compare the releases on held-back orders."""
    folder = estate.home.root / "killed-workers"
    source = Folder(project_root() / "data" / "online-retail" / "by-day")
    pseudonyms = Pseudonyms("the key of a drill, in no other use")
    plain, disturbed = Workspace(folder / "plain"), Workspace(folder / "disturbed")
    transfer(source, pseudonyms, SETTINGS, disturbed.arrivals, disturbed.private)
    transferred = transfer(source, pseudonyms, SETTINGS, plain.arrivals, plain.private)
    steps = plain.training_data(SETTINGS).examples.steps
    total = steps * SETTINGS.epochs

    seconds = _train(plain, folder / "plain-release", [], lambda _: None)
    say(f"nobody disturbed: {total} steps, {seconds:.0f} s")
    drawn = random.Random()  # noqa: S311
    marks = sorted(drawn.randrange(1, int(LATEST_MARK * total)) for _ in range(rounds))
    lines: list[str] = []
    killer = Killer(disturbed, steps, marks, drawn, lines)
    seconds = _train(disturbed, folder / "disturbed-release", lines, killer)
    for index, step, _ in killer.kills:
        say(f"worker {index} was killed after the checkpoint at step {step} of {total}")
    say(f"{len(killer.kills)} kills: {seconds:.0f} s")
    during = sum(step < total for _, step, _ in killer.kills)
    expect(during == rounds, f"only {during} of {rounds} kills met a running training")
    resumed = _nothing_anew(killer.kills, lines)

    held_back = pd.concat(
        [from_parquet(plain.private.batch(batch)) for batch in transferred.held_back.batches]
    )
    past = read_window(source, pseudonyms, folder / "plain-release")
    evaluation = evaluate(folder / "disturbed-release", held_back, past, folder / "plain-release")
    ours, other = evaluation.table[MODEL][ALL], evaluation.table[IN_SERVICE][ALL]
    low, high = other.recall_interval
    comparison = (
        f"recall@20 {ours.recall:.4f} with kills, {other.recall:.4f} ({low:.3f} to {high:.3f}) without"
    )
    expect(low <= ours.recall <= high, f"{comparison}: outside the interval")
    return f"{comparison}; resumed at steps {', '.join(map(str, resumed))} of {total}, never at 0"


def _train(
    work: Workspace, out: Path, lines: list[str], poll: Callable[[dict[int, subprocess.Popen[bytes]]], None]
) -> float:
    started = time.monotonic()
    # A drawn worker may be killed each time; a Job forgives the loss of a node (DisruptionTarget).
    with listen(lambda event: lines.append(str(event))):
        Workers(SETTINGS, work.folder, out, poll, most_failures=DRILL.long).run()
    return time.monotonic() - started


def _nothing_anew(kills: list[tuple[int, int, int]], lines: list[str]) -> list[int]:
    """The steps at which the run went on; fails where one is before the checkpoint of the kill before it."""
    resumed = [
        (number, int(line.split("resumed at step ")[1].split()[0]))
        for number, line in enumerate(lines)
        if "resumed at step " in line
    ]
    for index, saved, number in kills:
        after = [step for where, step in resumed if where >= number]
        what = f"worker {index} was killed after the checkpoint at step {saved}"
        expect(bool(after), f"{what}, and the run did not go on from one")
        expect(min(after) >= max(saved, 1), f"{what}, and the run went on at step {min(after)}")
    return [step for _, step in resumed]


DRILL = Drill(
    "killed workers",
    "training goes on from the last checkpoint each time, and the release is as good",
    play,
    short=2,
    long=10,
)
