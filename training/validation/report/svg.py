"""A figure as SVG text for the inside of a page: readable by who sees it and who does not."""

from __future__ import annotations

import html
import io
import re
from typing import Any

INK, QUIET, ACCENT, REST = "#010203", "#010204", "#010205", "#010206"
"""Stand-ins, which no figure has by chance, for the colours that the page sets."""
_COLOURS = {INK: "var(--ink)", QUIET: "var(--quiet)", ACCENT: "var(--ours)", REST: "var(--rest)"}


def svg_of(figure: Any, name: str, description: str) -> str:
    """SVG that names no colour and no font of its own; the same figure gives the same text.

    Args:
        figure: a figure of matplotlib.
        name: prefix of every id in it, so that the figures of a page do not share any.
        description: what it shows, in words.
    """
    import matplotlib
    from matplotlib.backends.backend_svg import FigureCanvasSVG

    sink = io.StringIO()
    figure.patch.set_visible(False)
    # Text stays text, and no id or date differs from run to run.
    with matplotlib.rc_context({"svg.hashsalt": "isthmus", "svg.fonttype": "none"}):
        figure.set_canvas(FigureCanvasSVG(figure))
        figure.savefig(sink, format="svg", metadata={"Date": None})
    text = sink.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"\s*<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = re.sub(r"'DejaVu Sans'[^;\"]*", "system-ui, sans-serif", text)
    text = re.sub(r'(\bid="|url\(#|href="#)', rf"\g<1>{name}-", text)
    for stand_in, colour in _COLOURS.items():
        text = text.replace(stand_in, colour)
    return text.replace("<svg ", f'<svg role="img" aria-label="{html.escape(description)}" ', 1)
