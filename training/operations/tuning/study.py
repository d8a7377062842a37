"""The study: its trials, which no kill loses, and what each of them came to."""

from __future__ import annotations

import hashlib
import json
import shutil
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from isthmus.errors import StoreFailed
from isthmus.source_digest import source_digest
from training.digest_scopes import TRIAL
from training.errors import TrainingError
from training.operations.tuning.ranges import Ranges, Whole
from training.operations.tuning.shared import Shared
from training.operations.workspace import Workspace
from training.settings import TrainingSettings

if TYPE_CHECKING:
    import optuna

DATABASE = "study.db"
RETRY_OF, LOST, REASON = "retry_of", "lost", "reason"
OWNER, SURPLUS = "owner", "surplus"
MOST_RETRIES = 3
"""Retries of a trial whose process was killed: more often it is the trial that kills it."""
NOBODYS_SECONDS = 600
"""A running trial that has had no owner for so long belongs to whoever sees it: its pod died as it began."""


@dataclass(frozen=True)
class Row:
    """A trial as the table shows it; ``recall`` is of its best epoch, None where there was none."""

    number: int
    state: str
    parameters: dict[str, Any]
    recall: float | None
    epochs: int | None
    retry_of: int | None
    reason: str


class Study:
    """A study in a folder, or one that several pods share.

    Args:
        workspace: holds the transferred orders.
        base: the settings that are not searched.
        ranges: what is searched.
        shared: which of the pods this is; None where this process is the only one, and trials are in SQLite.
    """

    def __init__(
        self, workspace: Workspace, base: TrainingSettings, ranges: Ranges, shared: Shared | None = None
    ) -> None:
        import optuna

        optuna.logging.set_verbosity(optuna.logging.ERROR)
        self.base, self.ranges, self.workspace, self.shared = base, ranges, workspace, shared
        self.name = _name(workspace, base, ranges)
        self.folder = workspace.folder / "studies" / self.name
        self.folder.mkdir(parents=True, exist_ok=True)
        with self._storing():
            self._study = optuna.create_study(
                storage=shared.storage(self.name)
                if shared
                else optuna.storages.RDBStorage(
                    f"sqlite:///{self.folder / DATABASE}", engine_kwargs={"connect_args": {"timeout": 60}}
                ),
                study_name=self.name,
                direction="maximize",
                load_if_exists=True,
                # Bad is below the median of the others at the same epoch, once there are some.
                pruner=optuna.pruners.MedianPruner(n_startup_trials=3, n_warmup_steps=2, n_min_trials=2),
            )

    @contextmanager
    def _storing(self) -> Iterator[None]:
        """Say what is wrong with the database that the trials are in."""
        from optuna.exceptions import StorageInternalError
        from sqlalchemy.exc import SQLAlchemyError

        try:
            yield
        except (SQLAlchemyError, StorageInternalError, ImportError) as error:
            reason = " ".join(str(getattr(error, "orig", None) or error).split())
            if self.shared is not None:
                raise StoreFailed(f"training.tuning.storage_url cannot be used: {reason}") from None
            raise TrainingError(
                f"{self.folder / DATABASE} is no study that can go on ({reason}); remove it to "
                "begin the study anew"
            ) from None

    def recover(self) -> list[int]:
        """Mark trials that a killed process left running as failed, and put them first in the queue again.

        Call it where no other process works on the study, or on this pod's trials. Safe to kill: it is
        repeated in full.
        """
        from optuna.trial import TrialState

        trials = self._study.get_trials(states=(TrialState.RUNNING,))
        running = [trial for trial in trials if self._is_mine(trial)]
        for trial in running:
            self.lose(trial.number, "its process was killed")
        if not self._study.trials and (self.shared is None or self.shared.index == 0):
            self._study.enqueue_trial(self.ranges.defaults(self.base))
        return [trial.number for trial in running]

    def _is_mine(self, trial: optuna.trial.FrozenTrial) -> bool:
        if self.shared is None:
            return True
        owner = trial.user_attrs.get(OWNER)
        if owner is None and trial.datetime_start is not None:
            return (datetime.now() - trial.datetime_start).total_seconds() > NOBODYS_SECONDS
        return bool(owner == self.shared.index)

    def withdraw_surplus(self, number: int, wanted: int) -> bool:
        """Take a trial back that began beside others, and is one more than is wanted; whether it was."""
        from optuna.trial import TrialState

        before = sum(row.state != "lost" and row.number < number for row in self.rows())
        if before < wanted:
            return False
        self._study._storage.set_trial_user_attr(self._study.trials[number]._trial_id, SURPLUS, True)
        self._study.tell(number, state=TrialState.FAIL)
        return True

    def lose(self, number: int, reason: str) -> bool:
        """Mark a running trial as failed through no fault of its settings; whether it is tried again."""
        from optuna.trial import TrialState

        trial = self._study.trials[number]
        root = self.root(number)
        tried = sum(self.root(other.number) == root for other in self._study.trials)
        parameters = {**trial.system_attrs.get("fixed_params", {}), **trial.params}
        again = tried <= MOST_RETRIES
        storage, trial_id = self._study._storage, trial._trial_id
        storage.set_trial_user_attr(trial_id, REASON, reason)
        if again:
            storage.set_trial_user_attr(trial_id, LOST, True)
            queued = any(other.user_attrs.get(RETRY_OF) == number for other in self._study.trials)
            if parameters and not queued:
                self._study.enqueue_trial(parameters, user_attrs={RETRY_OF: number})
        self._study.tell(number, state=TrialState.FAIL)
        if not again:
            self.tidy(number)
        return again

    def ask(self) -> Running:
        """Begin a trial.

        The sampler is seeded by the trial's number, so that a resumed study does not draw its first points
        once more; parameters of trials that run elsewhere count as bad ones, so that none is drawn twice.
        """
        import optuna

        with warnings.catch_warnings():
            # Both arguments are years old, and still called experimental.
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            self._study.sampler = optuna.samplers.TPESampler(
                seed=self.base.seed + len(self._study.trials),
                multivariate=True,
                constant_liar=True,
            )
        trial = self._study.ask()
        if self.shared is not None:
            trial.set_user_attr(OWNER, self.shared.index)
        for name, span in self.ranges.searched().items():
            if isinstance(span, Whole):
                trial.suggest_int(name, span.low, span.high, step=span.step, log=span.log)
            else:
                trial.suggest_float(name, span.low, span.high, log=span.log)
        running = Running(self, trial)
        if (before := trial.user_attrs.get(RETRY_OF)) is not None:
            # The checkpoint is after these epochs: they are not run again.
            for step, value in sorted(self._study.trials[before].intermediate_values.items()):
                running.report(step, value)
        return running

    def tell(self, number: int, state: str, value: float | None = None, reason: str = "") -> None:
        """End a trial: ``complete`` (with its value), ``pruned`` or ``fail`` (with the reason)."""
        from optuna.trial import TrialState

        if reason:
            self._study._storage.set_trial_user_attr(self._study.trials[number]._trial_id, REASON, reason)
        self._study.tell(number, value, TrialState[state.upper()])
        self.tidy(number)

    def rows(self) -> list[Row]:
        """All trials that began, in their order."""
        out = []
        for trial in self._study.trials:
            if trial.state.name == "WAITING" or trial.user_attrs.get(SURPLUS):
                continue
            steps = trial.intermediate_values
            best = max(steps, key=lambda step: (steps[step], -step)) if steps else None
            out.append(
                Row(
                    number=trial.number,
                    state="lost" if trial.user_attrs.get(LOST) else trial.state.name.lower(),
                    parameters=self.ranges.rounded(trial.params),
                    recall=steps[best] if best is not None else None,
                    epochs=best,
                    retry_of=trial.user_attrs.get(RETRY_OF),
                    reason=trial.user_attrs.get(REASON, ""),
                )
            )
        return out

    def count(self) -> int:
        """Trials that are done or under way; one that was lost counts by its retry."""
        return sum(row.state != "lost" for row in self.rows())

    def best(self) -> Row | None:
        """The complete trial with the best recall."""
        complete = [row for row in self.rows() if row.state == "complete" and row.recall is not None]
        return max(complete, key=lambda row: (row.recall or 0.0, -row.number), default=None)

    def should_prune(self, number: int) -> bool:
        """Whether a running trial is worse than the median of the others at its last epoch."""
        return bool(self._study.pruner.prune(self._study, self._study.trials[number]))

    def root(self, number: int) -> int:
        """The first of a trial and its retries: they share a folder."""
        trials = self._study.trials
        while (before := trials[number].user_attrs.get(RETRY_OF)) is not None:
            number = before
        return number

    def folder_of(self, number: int) -> Path:
        """The folder of a trial."""
        return self.folder / f"trial-{self.root(number):04}"

    def checkpoints_of(self, number: int) -> str:
        """Where the checkpoints of a trial are: a folder, or s3://BUCKET/PREFIX."""
        if self.shared is not None:
            return self.shared.checkpoints(self.name, self.root(number))
        return str((self.folder_of(number) / "checkpoints").resolve())

    def tidy(self, number: int) -> None:
        """Drop the checkpoints of a trial that has ended; its curves and its log stay."""
        if self.shared is not None:
            self.shared.drop_checkpoints(self.name, self.root(number))
        shutil.rmtree(self.folder_of(number) / "checkpoints", ignore_errors=True)


class Running:
    """A trial under way, and its curve so far."""

    def __init__(self, study: Study, trial: optuna.trial.Trial) -> None:
        self._study, self._trial = study, trial
        self.number = trial.number
        self.folder = study.folder_of(trial.number)
        self.settings = study.ranges.settings(study.base, trial.params)
        self.curve: dict[int, float] = {}

    def report(self, epoch: int, recall: float) -> None:
        """Keep the recall after an epoch."""
        if epoch not in self.curve:
            self._trial.report(recall, epoch)
        self.curve[epoch] = recall

    @property
    def best_epoch(self) -> int:
        """The epoch with the best recall so far, the earliest where some tie; 0 before the first."""
        return max(self.curve, key=lambda epoch: (self.curve[epoch], -epoch), default=0)


def _name(workspace: Workspace, base: TrainingSettings, ranges: Ranges) -> str:
    """A name by all that a study's values depend on: its orders, code, settings and ranges."""
    orders = [workspace.manifest(held_back=part).digest for part in (False, True)]
    digests = [*orders, source_digest(*TRIAL)]
    settings = {name: value for name, value in base.recorded().items() if name != "gates"}
    text = json.dumps([digests, settings, ranges.model_dump()], sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
