"""A release on held-back orders, beside plain baselines and the release in service.

The protocol: customers of the release who buy on a held-back day; of what they buy there, the products that
the release knows. *All products*: whatever they buy counts. *New products*: only what they had not bought
before, recommended from what they had not bought before.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from training.release import read, read_items
from training.validation.baselines import BASELINES
from training.validation.calibration import Calibration, calibration
from training.validation.comparison import Comparison, Interval, difference
from training.validation.interaction_matrix import InteractionMatrix
from training.validation.metrics import Numbers, Scores, per_customer, score
from training.validation.ranked_lists import RankedLists, lists_of
from training.validation.segments import segments
from training.validation.top_k import top_k

MODEL, IN_SERVICE = "this release", "in service"
ALL, NEW = "all products", "new products"
K = 20
Table = dict[str, dict[str, Scores]]
"""Scores by recommender, then by protocol; the release first."""


@dataclass(frozen=True)
class Evaluation:
    """What is known of a release after it met held-back orders.

    Attributes:
        table: the release, its baselines and, where there is one, the release in service.
        segments: by kind of customer, then by recommender: scores over all products.
        calibration: of the release's probabilities; None where it tells none.
        segment_calibration: the same by segment.
        service: the comparison with the release in service; None where there is none to compare with.
        notes: what a reader must know, in sentences.
        seconds: what each baseline took, fitted and asked.
        differences: recall of the release less that of each other recommender, by protocol, paired.
        held_back_days: calendar days from the first to the last purchase that was held back.
    """

    table: Table
    segments: dict[str, dict[str, Scores]] = field(default_factory=dict)
    calibration: Calibration | None = None
    segment_calibration: dict[str, Calibration] = field(default_factory=dict)
    service: Comparison | None = None
    notes: tuple[str, ...] = ()
    seconds: dict[str, float] = field(default_factory=dict)
    differences: dict[str, dict[str, Interval]] = field(default_factory=dict)
    held_back_days: int = 0

    def best_baseline(self, protocol: str = ALL) -> tuple[str, Scores]:
        """The baseline with the highest recall."""
        return best_baseline({name: row[protocol] for name, row in self.table.items()})


def best_baseline(rows: Mapping[str, Scores]) -> tuple[str, Scores]:
    """Of the scores by recommender, those of the baseline with the highest recall."""
    name = max((name for name in rows if name in BASELINES), key=lambda name: rows[name].recall)
    return name, rows[name]


@dataclass(frozen=True)
class _Task:
    """The customers that are asked about, in one order for every recommender."""

    names: list[str]
    rows: Numbers
    bought: list[set[int]]
    before: list[set[int]]

    @property
    def bought_new(self) -> list[set[int]]:
        return [one - other for one, other in zip(self.bought, self.before, strict=True)]


def evaluate(
    release: Path,
    held_back: pd.DataFrame,
    past: InteractionMatrix,
    in_service: Path | None = None,
    say: Callable[[str], None] = lambda _: None,
) -> Evaluation:
    """Score a release and its baselines on held-back purchases (columns of SCHEMA).

    Args:
        release: the candidate.
        held_back: purchases on days that no release and no baseline has seen.
        past: the purchases of the release's window, by its numbers.
        in_service: the release that the candidate would replace.
        say: takes lines of progress.
    """
    index = {item.stock_code: item.index for item in read_items(release)}
    task = _task(held_back, past, index)
    shares = past.buyers() / max(len(past.customers), 1)

    def scored(lists: RankedLists) -> dict[str, Scores]:
        return {
            ALL: score(lists.every, task.bought, len(index), K, shares),
            NEW: score(lists.new, task.bought_new, len(index), K, shares),
        }

    ours = lists_of(release, task.names, index, task.before)
    found: dict[str, RankedLists] = {MODEL: ours}
    seconds: dict[str, float] = {}
    for name, fit in BASELINES.items():
        started = time.monotonic()
        scoring = fit(past)
        found[name] = RankedLists(top_k(scoring, task.rows, K), top_k(scoring, task.rows, K, task.before))
        seconds[name] = time.monotonic() - started
        say(f"baseline {name}: {seconds[name]:.1f} s")
    notes, service, groups = [], None, segments(past, task.rows)
    if in_service is not None:
        other = read(in_service)
        if len(held_back) and held_back["at"].min().date() <= other.window.last_day:
            notes.append(
                f"The release in service learned from orders to {other.window.last_day}, some of which are "
                "held back here, so it is not compared."
            )
        else:
            found[IN_SERVICE] = lists_of(in_service, task.names, index, task.before)
            service = Comparison(
                digest=other.digest(),
                candidate=per_customer(ours.every, task.bought, K),
                in_service=per_customer(found[IN_SERVICE].every, task.bought, K),
                groups=groups,
            )
    if not past.countries:
        notes.append("The orders tell no country, so there is no segment by country.")
    return Evaluation(
        table={name: scored(lists) for name, lists in found.items()},
        segments={
            kind: {
                name: score(_some(lists.every, members), _some(task.bought, members), len(index), K, shares)
                for name, lists in found.items()
            }
            for kind, members in groups.items()
        },
        calibration=_calibration(ours, task.bought),
        segment_calibration={
            kind: told
            for kind, members in groups.items()
            if (told := _calibration(_members(ours, members), _some(task.bought, members))) is not None
        },
        service=service,
        notes=tuple(notes),
        seconds=seconds,
        differences=_differences(found, task),
        held_back_days=_calendar_days(held_back),
    )


def as_plain(evaluation: Evaluation, least_customers: int) -> dict[str, Any]:
    """The evaluation as JSON values; segments of fewer customers than this stay in the private site."""

    def plain(rows: dict[str, Scores]) -> dict[str, Any]:
        return {name: vars(scores) for name, scores in rows.items()}

    service = evaluation.service
    return {
        "scores": {name: plain(row) for name, row in evaluation.table.items()},
        "segments": {
            kind: plain(rows)
            for kind, rows in evaluation.segments.items()
            if rows[MODEL].customers >= least_customers
        },
        "calibration_error": None if evaluation.calibration is None else evaluation.calibration.error,
        "calibration": None if evaluation.calibration is None else evaluation.calibration.as_plain(),
        "segment_calibration": {
            kind: told.as_plain()
            for kind, told in evaluation.segment_calibration.items()
            if evaluation.segments[kind][MODEL].customers >= least_customers
        },
        "in_service": None if service is None else service.as_plain(),
        "notes": list(evaluation.notes),
    }


def _task(held_back: pd.DataFrame, past: InteractionMatrix, index: dict[str, int]) -> _Task:
    known = held_back.assign(item=held_back["stock_code"].map(index)).dropna(subset=["item"])
    known = known[known["customer"].isin(set(past.customers))]
    truth = {str(name): set(map(int, group)) for name, group in known.groupby("customer")["item"]}
    names = sorted(truth)
    rows = past.rows_of(names)
    matrix = past.matrix()
    before = [set((matrix.indices[slice(*matrix.indptr[row : row + 2])] + 1).tolist()) for row in rows]
    return _Task(names, rows, [truth[name] for name in names], before)


def _some(values: Sequence[Any], members: Numbers) -> list[Any]:
    return [values[row] for row in np.flatnonzero(members)]


def _members(lists: RankedLists, members: Numbers) -> RankedLists:
    probabilities = None if lists.probabilities is None else _some(lists.probabilities, members)
    return RankedLists(
        _some(lists.every, members), _some(lists.new, members), probabilities, lists.horizon_days
    )


def _calibration(lists: RankedLists, bought: list[set[int]]) -> Calibration | None:
    if lists.probabilities is None:
        return None
    told = [line[:K] for line in lists.probabilities]
    happened = [
        [item in wanted for item in given[:K]] for given, wanted in zip(lists.every, bought, strict=True)
    ]
    return calibration(told, happened, horizon_days=lists.horizon_days)


def _differences(found: Mapping[str, RankedLists], task: _Task) -> dict[str, dict[str, Interval]]:
    each = {
        name: {
            ALL: per_customer(lists.every, task.bought, K).recall,
            NEW: per_customer(lists.new, task.bought_new, K).recall,
        }
        for name, lists in found.items()
    }
    return {
        name: {protocol: difference(each[MODEL][protocol], theirs) for protocol, theirs in row.items()}
        for name, row in each.items()
        if name != MODEL
    }


def _calendar_days(held_back: pd.DataFrame) -> int:
    if held_back.empty:
        return 0
    return int((held_back["at"].max().normalize() - held_back["at"].min().normalize()).days) + 1
