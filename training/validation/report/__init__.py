"""The report of a validation: one HTML file with its plots inside, and the same as Markdown.

It holds means over customers only, yet stays in the private site: of a segment of few it says much of each.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from isthmus.atomic_files import atomic_write
from training.release import Window
from training.settings import Gates
from training.validation.gates import checks
from training.validation.holdout import ALL, IN_SERVICE, MODEL, NEW, Evaluation, best_baseline
from training.validation.report.plots import recommender_plot, reliability_plot, segment_plot

HTML, MARKDOWN = "report.html", "report.md"


@dataclass(frozen=True)
class Report:
    """Both forms of a report, as UTF-8 text."""

    html: str
    markdown: str

    def write(self, folder: Path) -> None:
        """Write ``report.html`` and ``report.md``."""
        atomic_write(folder / HTML, self.html.encode())
        atomic_write(folder / MARKDOWN, self.markdown.encode())


def report(digest: str, window: Window, evaluation: Evaluation, gates: Gates) -> Report:
    """Write up an evaluation; no time of day is in it, so the same evaluation gives the same report."""
    ordered = sorted(checks(evaluation, gates), key=lambda check: check.passed)
    context = {
        "digest": digest,
        "window": window,
        "evaluation": evaluation,
        "checks": ordered,
        "refused": [check for check in ordered if not check.passed],
        "model": MODEL,
        "in_service": IN_SERVICE,
        "every": ALL,
        "new": NEW,
        "best_baseline": best_baseline,
        "least": gates.min_segment_customers,
    }
    plots = {
        "plots": [recommender_plot(evaluation, protocol) for protocol in (ALL, NEW)],
        "segment_plot": segment_plot(evaluation),
        "reliability_plot": reliability_plot(evaluation.calibration),
    }
    templates = _templates()
    return Report(
        html=templates.get_template("report.html.j2").render(context | plots),
        markdown=templates.get_template("report.md.j2").render(context),
    )


def _templates() -> Any:
    from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

    templates = Environment(
        loader=PackageLoader("training.validation.report", "templates"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=select_autoescape(enabled_extensions=("html.j2", "css")),
    )
    templates.filters |= {
        "three": lambda value: f"{value:.3f}",
        "percent": lambda value: f"{value:.1%}",
        "bits": lambda value: "" if value is None else f"{value:.1f}",
        "range": _range,
        "percents": _percents,
        "bits_range": _bits_range,
        "signed": _signed,
        "thousands": lambda value: f"{value:,}",
    }
    return templates


def _range(ends: Sequence[float]) -> str:
    low, high = ends
    return f"{low:.3f}–{high:.3f}"


def _percents(ends: Sequence[float]) -> str:
    low, high = ends
    return f"{low:.1%}–{high:.1%}"


def _bits_range(ends: Sequence[float] | None) -> str:
    return "" if ends is None else f" [{ends[0]:.1f}–{ends[1]:.1f}]"


def _signed(interval: Sequence[float]) -> str:
    """A difference with its interval; a minus sign, not a hyphen, so that a column of them lines up."""
    mean, low, high = (f"{value:+.3f}".replace("-", "−") for value in interval)
    return f"{mean} [{low}, {high}]"
