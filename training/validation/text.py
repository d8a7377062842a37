"""An evaluation and its gates as lines of text, for the log of a job and for a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from training.validation.context import ContextEvaluation
from training.validation.gates import Check
from training.validation.holdout import ALL, MODEL, NEW, Evaluation, best_baseline
from training.validation.metrics import Scores


def as_lines(evaluation: Evaluation) -> list[str]:
    """Recommenders, segments and what a reader must know; intervals are of 95 %."""
    recommenders = [
        [
            name,
            _recall(row[ALL]),
            f"{row[ALL].ndcg:.3f}",
            f"{row[ALL].coverage:.1%}",
            f"{row[ALL].novelty or 0:.1f}",
            _recall(row[NEW]),
            f"{row[NEW].ndcg:.3f}",
        ]
        for name, row in evaluation.table.items()
    ]
    titles = ["", "recall@20", "NDCG@20", "coverage", "novelty", "new: recall@20", "NDCG@20"]
    model = evaluation.table[MODEL]
    lines = table(titles, recommenders)
    lines.append(f"{model[ALL].customers} customers; {model[NEW].customers} of them bought something new")
    if evaluation.segments:
        segments = []
        for kind, rows in evaluation.segments.items():
            name, baseline = best_baseline(rows)
            scores = rows[MODEL]
            best = f"{baseline.recall:.3f} {name}"
            row = [kind, str(scores.customers), _recall(scores), _ndcg(scores), best]
            segments.append(row)
        lines += ["", *table(["segment", "customers", "recall@20", "NDCG@20", "best baseline"], segments)]
    calibration = evaluation.calibration
    if calibration is not None:
        lines.append(
            f"calibration: told {calibration.told:.1%} on average, bought {calibration.happened:.1%}; "
            f"expected error {calibration.error:.3f}, Brier {calibration.brier:.3f}"
        )
    if evaluation.context is not None:
        lines += ["", *_context(evaluation.context)]
    return [*lines, *evaluation.notes]


def _context(context: ContextEvaluation) -> list[str]:
    """What a part of a basket adds, of its rest."""
    rows = [
        [
            who,
            str(gain.baskets),
            str(gain.customers),
            f"{gain.without:.3f}",
            f"{gain.with_context:.3f}",
            f"{gain.difference[0]:+.3f} [{gain.difference[1]:+.3f}, {gain.difference[2]:+.3f}]",
        ]
        for who, gain in (("customer known", context.known), ("as a stranger", context.stranger))
    ]
    titles = ["rest of a basket, recall@20", "baskets", "customers", "without its part", "with it", "gain"]
    return table(titles, rows)


def gate_lines(checks: Sequence[Check]) -> list[str]:
    """Every gate with what was measured and what is asked for, those missed first."""
    ordered = sorted(checks, key=lambda check: check.passed)
    rows = [
        [
            check.verdict,
            check.gate,
            f"{check.measured} of {check.of}",
            check.reached,
            check.asked,
            check.against,
        ]
        for check in ordered
    ]
    return table(["", "gate", "measured", "reached", "asked for", "against"], rows, left=6)


def table(titles: Sequence[str], rows: Sequence[Sequence[str]], left: int = 1) -> list[str]:
    """Columns two spaces apart; the first ``left`` of them begin alike, the others end alike."""
    widths = [max(len(row[place]) for row in [titles, *rows]) for place in range(len(titles))]
    return [
        "  ".join(
            cell.ljust(width) if place < left else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in [titles, *rows]
    ]


def _recall(scores: Scores) -> str:
    low, high = scores.recall_interval
    return f"{scores.recall:.3f} [{low:.3f}, {high:.3f}]"


def _ndcg(scores: Scores) -> str:
    low, high = scores.ndcg_interval
    return f"{scores.ndcg:.3f} [{low:.3f}, {high:.3f}]"
