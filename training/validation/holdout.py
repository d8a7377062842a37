"""A release on held-back orders, beside plain baselines and the release in service.

The protocol: customers of the release who buy on a held-back day; of what they buy there, the products that
the release knows. *All products*: whatever they buy counts. *New products*: only what they had not bought
before, recommended from what they had not bought before.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from training.release import read, read_products
from training.validation.baselines import BASELINES
from training.validation.calibration import Calibration, calibration
from training.validation.comparison import Comparison, Interval, difference
from training.validation.context import ContextEvaluation, evaluate_context
from training.validation.interaction_matrix import InteractionMatrix
from training.validation.metrics import Numbers, Scores, bought_by_customer, per_customer, score
from training.validation.ranked_lists import RankedLists, lists_of
from training.validation.segments import segments
from training.validation.top_k import top_k

logger = logging.getLogger(__name__)

MODEL, IN_SERVICE = "this release", "in service"
ALL, NEW = "all products", "new products"
K = 20
Table = dict[str, dict[str, Scores]]
"""Scores by recommender, then by protocol; the release first."""


@dataclass(frozen=True)
class Evaluation:
    """How a release did on held-back orders.

    Attributes:
        table: the release, its baselines and, where there is one, the release in service.
        segments: scores over all products, by kind of customer and then by recommender.
        calibration: how true the release's probabilities are; None where it has none.
        segment_calibration: the same by segment.
        service: the comparison with the release in service; None where there is none to compare with.
        notes: sentences that a reader must know.
        seconds: what each baseline took to fit and to answer.
        differences: recall of the release less that of each other recommender, by protocol, paired.
        held_back_days: calendar days from the first to the last purchase that was held back.
        context: what a part of a basket adds; None where the release takes no context, or no basket is there.
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
    context: ContextEvaluation | None = None

    def best_baseline(self, protocol: str = ALL) -> tuple[str, Scores]:
        """The baseline with the highest recall."""
        return best_baseline({name: row[protocol] for name, row in self.table.items()})


def best_baseline(rows: Mapping[str, Scores]) -> tuple[str, Scores]:
    """The baseline with the highest recall, and its scores."""
    name = max((name for name in rows if name in BASELINES), key=lambda name: rows[name].recall)
    return name, rows[name]


@dataclass(frozen=True)
class _Task:
    """The customers of the holdout, in one order for every recommender, and what they bought."""

    names: list[str]
    rows: Numbers
    bought: list[set[int]]
    before: list[set[int]]

    @property
    def bought_new(self) -> list[set[int]]:
        return [bought - before for bought, before in zip(self.bought, self.before, strict=True)]


def evaluate(
    release: Path,
    holdout: pd.DataFrame,
    interactions: InteractionMatrix,
    in_service: Path | None = None,
) -> Evaluation:
    """Score a release and its baselines on held-back purchases (columns of SCHEMA).

    Args:
        release: the candidate.
        holdout: purchases on days that no release and no baseline has seen.
        interactions: the purchases of the release's window, by its numbers.
        in_service: the release that the candidate would replace.
    """
    index = {product.product_code: product.index for product in read_products(release)}
    task = _task(holdout, interactions, index)
    shares = interactions.buyers() / max(len(interactions.customers), 1)

    def scored(lists: Sequence[Sequence[int]], bought: Sequence[set[int]]) -> Scores:
        return score(lists, bought, len(index), K, shares)

    ours = lists_of(release, task.names, index, task.before)
    lists_by_name: dict[str, RankedLists] = {MODEL: ours}
    seconds, notes = dict[str, float](), list[str]()
    for name, fit in BASELINES.items():
        started = time.monotonic()
        scorer = fit(interactions)
        lists_by_name[name] = RankedLists(*top_k(scorer, task.rows, len(index), K, task.before))
        seconds[name] = time.monotonic() - started
        logger.info(f"baseline {name}: {seconds[name]:.1f} s")
        if scorer.products is not None:
            notes.append(
                f"{name} is of the {len(scorer.products):,} products bought most, of {len(index):,}: "
                "more do not fit, and it recommends no other."
            )
        del scorer
    service, groups = None, segments(interactions, task.rows)
    if in_service is not None:
        served = read(in_service)
        if len(holdout) and holdout["at"].min().date() <= served.window.last_day:
            notes.append(
                f"The release in service learned from orders to {served.window.last_day}, some of which are "
                "held back here, so it is not compared."
            )
        else:
            lists_by_name[IN_SERVICE] = lists_of(in_service, task.names, index, task.before)
            service = Comparison(
                digest=served.digest(),
                candidate=per_customer(ours.all_products, task.bought, K),
                in_service=per_customer(lists_by_name[IN_SERVICE].all_products, task.bought, K),
                groups=groups,
            )
    if not interactions.countries:
        notes.append("The orders tell no country, so there is no segment by country.")
    return Evaluation(
        table={
            name: {
                ALL: scored(lists.all_products, task.bought),
                NEW: scored(lists.new_products, task.bought_new),
            }
            for name, lists in lists_by_name.items()
        },
        segments={
            kind: {
                name: scored(_select(lists.all_products, members), _select(task.bought, members))
                for name, lists in lists_by_name.items()
            }
            for kind, members in groups.items()
        },
        calibration=_calibration(ours, task.bought),
        segment_calibration={
            kind: calibrated
            for kind, members in groups.items()
            if (calibrated := _calibration(ours, task.bought, members)) is not None
        },
        service=service,
        notes=tuple(notes),
        seconds=seconds,
        differences=_differences(lists_by_name, task),
        held_back_days=_calendar_days(holdout),
        context=evaluate_context(release, holdout),
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
            kind: calibration.as_plain()
            for kind, calibration in evaluation.segment_calibration.items()
            if evaluation.segments[kind][MODEL].customers >= least_customers
        },
        "in_service": None if service is None else service.as_plain(),
        "context": None if evaluation.context is None else asdict(evaluation.context),
        "notes": list(evaluation.notes),
    }


def _task(holdout: pd.DataFrame, interactions: InteractionMatrix, index: dict[str, int]) -> _Task:
    truth = bought_by_customer(holdout, index, set(interactions.customers))
    names = sorted(truth)
    rows = interactions.rows_of(names)
    matrix = interactions.matrix()
    before = [set((matrix.indices[slice(*matrix.indptr[row : row + 2])] + 1).tolist()) for row in rows]
    return _Task(names, rows, [truth[name] for name in names], before)


def _select(values: Sequence[Any], members: Numbers) -> list[Any]:
    return [values[row] for row in np.flatnonzero(members)]


def _calibration(
    lists: RankedLists, bought: list[set[int]], members: Numbers | None = None
) -> Calibration | None:
    if lists.probabilities is None:
        return None
    rows = range(len(bought)) if members is None else np.flatnonzero(members)
    probabilities = [lists.probabilities[row][:K] for row in rows]
    happened = [[product in bought[row] for product in lists.all_products[row][:K]] for row in rows]
    return calibration(probabilities, happened, horizon_days=lists.horizon_days)


def _differences(lists_by_name: Mapping[str, RankedLists], task: _Task) -> dict[str, dict[str, Interval]]:
    recalls = {
        name: {
            ALL: per_customer(lists.all_products, task.bought, K).recall,
            NEW: per_customer(lists.new_products, task.bought_new, K).recall,
        }
        for name, lists in lists_by_name.items()
    }
    return {
        name: {protocol: difference(recalls[MODEL][protocol], theirs) for protocol, theirs in row.items()}
        for name, row in recalls.items()
        if name != MODEL
    }


def _calendar_days(holdout: pd.DataFrame) -> int:
    if holdout.empty:
        return 0
    return int((holdout["at"].max().normalize() - holdout["at"].min().normalize()).days) + 1
