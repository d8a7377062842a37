"""The report of a validation: one HTML file with its plots inside, and the same as Markdown.

It holds means over customers only, yet stays in the private site: of a segment of few it says much of each.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from training.evaluate.gates import checks
from training.evaluate.held_back import ALL, IN_SERVICE, MODEL, NEW, Evaluation
from training.evaluate.report.plots import segment_plot, table_plot
from training.release import Window
from training.release.aside import write_aside
from training.settings import Gates

HTML, MARKDOWN = "report.html", "report.md"


@dataclass(frozen=True)
class Report:
    """Both forms of a report, as UTF-8 text."""

    html: str
    markdown: str

    def write(self, folder: Path) -> None:
        """Write ``report.html`` and ``report.md``."""
        write_aside(folder / HTML, self.html.encode())
        write_aside(folder / MARKDOWN, self.markdown.encode())


def report(digest: str, window: Window, evaluation: Evaluation, gates: Gates) -> Report:
    """Tell how a release did; no time of day is in it, so the same evaluation gives the same report."""
    from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

    judged = checks(evaluation, gates)
    given = {
        "digest": digest,
        "window": window,
        "evaluation": evaluation,
        "checks": judged,
        "refused": [check for check in judged if not check.passed],
        "model": MODEL,
        "in_service": IN_SERVICE,
        "every": ALL,
        "new": NEW,
    }
    loader = PackageLoader("training.evaluate.report", "templates")
    templates = Environment(
        loader=loader,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=select_autoescape(enabled_extensions=("html.j2",)),
    )
    plots = {"table_plot": table_plot(evaluation), "segment_plot": segment_plot(evaluation)}
    return Report(
        html=templates.get_template("report.html.j2").render(given | plots),
        markdown=templates.get_template("report.md.j2").render(given),
    )
