"""Plots of a report, as SVG text that may stand in a page."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

from training.evaluate.held_back import ALL, MODEL, NEW, Evaluation
from training.evaluate.metrics import Scores

OURS, OTHERS = "#0b6e4f", "#9aa5b1"


def table_plot(evaluation: Evaluation) -> str:
    """recall@20 of every recommender with its 95 % interval, over all products and over new ones."""
    names = list(evaluation.table)
    colours = [OURS if name == MODEL else OTHERS for name in names]
    figure, axes = _figure(2, 0.36 * len(names) + 1.1)
    for axis, protocol in zip(axes, (ALL, NEW), strict=True):
        _bars(axis, names, [evaluation.table[name][protocol] for name in names], colours)
        axis.set_title(protocol, fontsize=10)
    axes[1].tick_params(labelleft=False)
    return _svg(figure)


def segment_plot(evaluation: Evaluation) -> str:
    """recall@20 of the release by segment with its 95 % interval; empty without segments."""
    if not evaluation.segments:
        return ""
    kinds = list(evaluation.segments)
    figure, axes = _figure(1, 0.36 * len(kinds) + 1.1)
    rows = [evaluation.segments[kind][MODEL] for kind in kinds]
    labels = [f"{kind} ({row.customers})" for kind, row in zip(kinds, rows, strict=True)]
    _bars(axes[0], labels, rows, [OURS] * len(kinds))
    return _svg(figure)


def _figure(columns: int, height: float) -> tuple[Any, Sequence[Any]]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(4.6 * columns, height), layout="constrained")
    return figure, list(figure.subplots(1, columns, squeeze=False, sharey=False)[0])


def _bars(axis: Any, names: Sequence[str], rows: Sequence[Scores], colours: Sequence[str]) -> None:
    places = list(range(len(names)))
    below = [max(row.recall - row.recall_interval[0], 0.0) for row in rows]
    above = [max(row.recall_interval[1] - row.recall, 0.0) for row in rows]
    values = [row.recall for row in rows]
    axis.barh(places, values, xerr=[below, above], color=colours, ecolor="#333333", capsize=2)
    axis.set_yticks(places, names, fontsize=9)
    axis.invert_yaxis()
    axis.set_xlabel("recall@20, 95 % interval", fontsize=9)
    axis.spines[["top", "right"]].set_visible(False)


def _svg(figure: Any) -> str:
    import matplotlib
    from matplotlib.backends.backend_svg import FigureCanvasSVG

    sink = io.StringIO()
    # Text stays text, and no id or date differs from run to run.
    with matplotlib.rc_context({"svg.hashsalt": "isthmus", "svg.fonttype": "none"}):
        figure.set_canvas(FigureCanvasSVG(figure))
        figure.savefig(sink, format="svg", metadata={"Date": None})
    text = sink.getvalue()
    return text[text.index("<svg") :]
