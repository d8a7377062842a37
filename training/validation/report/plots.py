"""Plots of a report, as SVG that stands in a page and takes the page's colours, light or dark."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from training.validation.calibration import Calibration
from training.validation.holdout import MODEL, Evaluation
from training.validation.metrics import Scores
from training.validation.report.svg import ACCENT, INK, QUIET, REST, svg_of

WIDTH, BAR_HEIGHT, FRAME_HEIGHT = 4.7, 0.3, 0.75


def recommender_plot(evaluation: Evaluation, protocol: str) -> str:
    """recall@20 of every recommender with its 95 % interval."""
    names = list(evaluation.table)
    rows = [evaluation.table[name][protocol] for name in names]
    description = f"recall@20 over {protocol}: " + _in_words(names, rows)
    is_model = [name == MODEL for name in names]
    return _bars(f"recommenders-{protocol.split()[0]}", description, names, rows, is_model)


def segment_plot(evaluation: Evaluation) -> str:
    """recall@20 of the release by segment with its 95 % interval; empty without segments."""
    if not evaluation.segments:
        return ""
    kinds = list(evaluation.segments)
    rows = [evaluation.segments[kind][MODEL] for kind in kinds]
    labels = [f"{kind} ({row.customers})" for kind, row in zip(kinds, rows, strict=True)]
    description = "recall@20 of this release by segment: " + _in_words(kinds, rows)
    return _bars("segments", description, labels, rows, [True] * len(kinds))


def reliability_plot(calibration: Calibration | None) -> str:
    """Share bought over the probability, with 95 % intervals; empty where there is none."""
    if calibration is None:
        return ""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH, 3.6), layout="constrained")
    axis = figure.subplots()
    probabilities = [group.told for group in calibration.bins]
    shares = [group.happened for group in calibration.bins]
    below = [max(group.happened - group.low, 0.0) for group in calibration.bins]
    above = [max(group.high - group.happened, 0.0) for group in calibration.bins]
    end = 1.06 * max([*probabilities, *(group.high for group in calibration.bins), 0.01])
    axis.plot([0, end], [0, end], color=QUIET, linewidth=1, linestyle="--")
    bars = [below, above]
    axis.errorbar(
        probabilities, shares, bars, color=ACCENT, ecolor=ACCENT, marker="o", markersize=4, capsize=2
    )
    axis.set_xlim(0, end)
    axis.set_ylim(0, end)
    axis.set_xlabel("probability told", fontsize=9, color=INK)
    axis.set_ylabel("share bought", fontsize=9, color=INK)
    _quiet_frame(axis)
    words = "; ".join(f"told {group.told:.3f}, bought {group.happened:.3f}" for group in calibration.bins)
    return svg_of(figure, "reliability", f"Share bought by probability told: {words}")


def _bars(
    name: str, description: str, labels: Sequence[str], rows: Sequence[Scores], highlighted: Sequence[bool]
) -> str:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH, BAR_HEIGHT * len(rows) + FRAME_HEIGHT), layout="constrained")
    axis = figure.subplots()
    places = list(range(len(rows)))
    values = [row.recall for row in rows]
    below = [max(row.recall - row.recall_interval[0], 0.0) for row in rows]
    above = [max(row.recall_interval[1] - row.recall, 0.0) for row in rows]
    colours = [ACCENT if highlight else REST for highlight in highlighted]
    axis.barh(places, values, height=0.66, color=colours)
    axis.errorbar(values, places, xerr=[below, above], fmt="none", ecolor=INK, elinewidth=1, capsize=2)
    end = max([value + more for value, more in zip(values, above, strict=True)], default=0.0) or 1.0
    for place, value, more in zip(places, values, above, strict=True):
        axis.text(value + more + 0.02 * end, place, f"{value:.3f}", va="center", fontsize=8, color=INK)
    axis.set_xlim(0, 1.16 * end)
    axis.set_yticks(places, labels, fontsize=9)
    axis.invert_yaxis()
    axis.set_xlabel("recall@20, 95 % interval", fontsize=9, color=INK)
    _quiet_frame(axis)
    axis.tick_params(axis="y", length=0)
    return svg_of(figure, name, description)


def _quiet_frame(axis: Any) -> None:
    axis.spines[["top", "right"]].set_visible(False)
    axis.spines[["left", "bottom"]].set_color(QUIET)
    axis.tick_params(colors=QUIET, labelcolor=INK, labelsize=9)
    axis.patch.set_visible(False)


def _in_words(names: Sequence[str], rows: Sequence[Scores]) -> str:
    return "; ".join(f"{name} {row.recall:.3f}" for name, row in zip(names, rows, strict=True))
