"""A release validated: scored on held-back orders, held against its gates, and reported."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from training.release import Manifest
from training.settings import Gates
from training.validation.gates import Check, checks, refusals
from training.validation.holdout import Evaluation, as_plain, evaluate
from training.validation.interaction_matrix import InteractionMatrix
from training.validation.report import Report, report
from training.validation.text import as_lines, gate_lines


@dataclass(frozen=True)
class ValidationResult:
    """The outcome of a validation. ``checks`` are all gates, met or missed."""

    digest: str
    evaluation: Evaluation
    checks: tuple[Check, ...]
    report: Report
    least_customers: int

    @property
    def refusals(self) -> list[str]:
        """Why the release is refused, one sentence per gate that it missed; nothing when it may be served."""
        return refusals(self.checks)

    def lines(self) -> list[str]:
        """The tables of recommenders, segments and gates."""
        return [*as_lines(self.evaluation), "", *gate_lines(self.checks)]

    def as_plain(self) -> dict[str, Any]:
        """As JSON values: what may leave the private site."""
        return {
            "digest": self.digest,
            **as_plain(self.evaluation, self.least_customers),
            "gates": [asdict(check) for check in self.checks],
            "refusals": self.refusals,
        }


def validate_release(
    release: Path,
    manifest: Manifest,
    holdout: pd.DataFrame,
    interactions: InteractionMatrix,
    gates: Gates,
    in_service: Path | None = None,
) -> ValidationResult:
    """Validate a release.

    Args:
        release: its directory, verified.
        manifest: its manifest.
        holdout: purchases on days that it has not seen (customer by pseudonym, stock_code, at).
        interactions: the purchases of its window.
        gates: what it must reach.
        in_service: the release that it would replace.
    """
    evaluation = evaluate(release, holdout, interactions, in_service)
    return ValidationResult(
        digest=manifest.digest(),
        evaluation=evaluation,
        checks=tuple(checks(evaluation, gates)),
        report=report(manifest.digest(), manifest.window, evaluation, gates),
        least_customers=gates.min_segment_customers,
    )
