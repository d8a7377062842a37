"""Runs the trials of a study, some at a time, each a process; what happens is in the study at once."""

from __future__ import annotations

import json
import logging
import os
import selectors
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import IO

from filelock import FileLock, Timeout

from isthmus.errors import WRONG_DATA
from training.errors import TrainingError
from training.operations.tuning import trial as trial_process
from training.operations.tuning.study import Running, Study

logger = logging.getLogger(__name__)

PATIENCE = 3
"""A trial ends when this many epochs were not better than its best: later ones rarely are."""


@dataclass
class _RunningTrial:
    trial: Running
    process: subprocess.Popen[bytes]
    log: IO[bytes]
    rest: bytes = b""
    ended: bool = field(default=False)
    """The study knows its outcome: what the process still prints does not count."""


class Trials:
    """The trials of a study.

    Args:
        study: takes what happens.
        wanted: trials in all, those of earlier starts included.
        parallel: processes at a time; each uses one core.
        moved: called with the trials that are done, after each.
    """

    def __init__(
        self,
        study: Study,
        wanted: int,
        parallel: int = 1,
        moved: Callable[[int], None] = lambda _: None,
    ) -> None:
        self.study, self.wanted, self.parallel = study, wanted, parallel
        self._moved = moved
        self._selector = selectors.DefaultSelector()
        self._running: list[_RunningTrial] = []

    def run(self) -> None:
        """Run until there are as many trials as wanted; no process is left when it returns or raises.

        Raises:
            TrainingError: when another process works on the study, or a trial fails for what every one would.
        """
        lock = FileLock(self.study.folder / "lock")
        try:
            lock.acquire(timeout=0)
        except Timeout:
            raise TrainingError(
                f"another `isthmus tune` works on the study {self.study.name}; wait for it, or stop it first"
            ) from None
        try:
            for number in self.study.recover():
                logger.info(
                    f"trial {number} was left running by a killed process: it failed, and is tried again"
                )
            self._moved(self._done)
            while self._running or self.study.count() < self.wanted:
                while len(self._running) < self.parallel and self.study.count() < self.wanted:
                    trial = self.study.ask()
                    # Beside other pods one more may have begun than was wanted.
                    if self.study.shared is None or not self.study.withdraw_surplus(
                        trial.number, self.wanted
                    ):
                        self._start(trial)
                for key, _ in self._selector.select() if self._running else ():
                    self._read(key.data)
        finally:
            for running in self._running:
                running.process.kill()
                self._close(running)
            lock.release()

    @property
    def _done(self) -> int:
        return self.study.count() - len(self._running)

    def _start(self, trial: Running) -> None:
        trial.folder.mkdir(parents=True, exist_ok=True)
        log = (trial.folder / "log").open("ab")
        process = subprocess.Popen(
            [sys.executable, "-m", trial_process.__name__],
            env={
                **os.environ,
                "WORK": str(self.study.workspace.folder.resolve()),
                "TRIAL": str(trial.folder.resolve()),
                "CHECKPOINT_URL": self.study.checkpoints_of(trial.number),
                "TRAINING_SETTINGS": trial.settings.model_dump_json(),
            },
            stdin=subprocess.PIPE,  # never written to: it ends when this process does
            stdout=subprocess.PIPE,
            stderr=log,
        )
        running = _RunningTrial(trial, process, log)
        self._running.append(running)
        assert process.stdout is not None  # noqa: S101 - it is a pipe
        self._selector.register(process.stdout, selectors.EVENT_READ, running)

    def _read(self, running: _RunningTrial) -> None:
        assert running.process.stdout is not None  # noqa: S101 - it is a pipe
        content = os.read(running.process.stdout.fileno(), 1 << 16)
        if not content:
            self._end(running)
            return
        *lines, running.rest = (running.rest + content).split(b"\n")
        for line in lines:
            if line.startswith(b"{") and not running.ended:
                message = json.loads(line)
                self._epoch(running, message["epoch"], message["recall"])

    def _epoch(self, running: _RunningTrial, epoch: int, recall: float) -> None:
        trial = running.trial
        trial.report(epoch, recall)
        if self.study.should_prune(trial.number):
            self._tell(
                running, "pruned", f"trial {trial.number}: pruned after epoch {epoch}, recall@20 {recall:.4f}"
            )
        elif epoch - trial.best_epoch >= PATIENCE:
            self._complete(running)

    def _complete(self, running: _RunningTrial) -> None:
        best = running.trial.best_epoch
        value = running.trial.curve[best]
        line = f"trial {running.trial.number}: recall@20 {value:.4f} at epoch {best}"
        self._tell(running, "complete", line, value)

    def _tell(self, running: _RunningTrial, state: str, line: str, value: float | None = None) -> None:
        running.ended = True
        running.process.kill()
        running.process.wait()
        self.study.tell(running.trial.number, state, value)
        logger.info(line)

    def _end(self, running: _RunningTrial) -> None:
        code = running.process.wait()
        self._close(running)
        self._running.remove(running)
        number = running.trial.number
        if not running.ended and code == 0 and running.trial.curve:
            self._complete(running)
        elif not running.ended and code == WRONG_DATA:
            reason = self._last_words(running)
            self.study.tell(number, "fail", reason=reason)
            logger.info(f"trial {number}: failed: {reason}")
            if all(row.state == "fail" for row in self.study.rows()) and self.study.count() >= PATIENCE:
                raise TrainingError(f"the first {PATIENCE} trials failed, the last one because {reason}")
        elif not running.ended:
            reason = f"its process ended with code {code}: {self._last_words(running)}"
            again = self.study.lose(number, reason)
            logger.info(f"trial {number}: {reason}; it {'is tried again' if again else 'is given up'}")
        self._moved(self._done)

    def _close(self, running: _RunningTrial) -> None:
        running.process.wait()
        assert running.process.stdin is not None  # noqa: S101 - it is a pipe
        assert running.process.stdout is not None  # noqa: S101 - it is a pipe
        self._selector.unregister(running.process.stdout)
        running.process.stdin.close()
        running.process.stdout.close()
        running.log.close()

    def _last_words(self, running: _RunningTrial) -> str:
        lines = (running.trial.folder / "log").read_text(errors="replace").splitlines()
        lines_with_text = [line for line in lines if line.strip()]
        return lines_with_text[-1].removeprefix("isthmus: ") if lines_with_text else "it said nothing"
