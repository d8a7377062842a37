"""A verdict as one HTML file: nothing is loaded, nothing runs, and what others wrote is text."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Final

from infra.review.change.change import Kind
from infra.review.show.drawing import drawing
from infra.review.show.summary import VERB, counts, dangers, headline, money, notes
from infra.review.verdict import Verdict

FOLDER: Final = Path(__file__).parent
_MOST_BOXES: Final = 40
_LONGEST: Final = 120


def page(verdict: Verdict) -> str:
    """The page."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    templates = Environment(
        loader=FileSystemLoader(FOLDER), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    templates.filters |= {"money": money, "signed": _signed, "cut": _cut}
    old: dict[str, Kind] = {
        each.change.before.urn: each.change.kind for each in verdict.judged if each.change.before
    }
    new: dict[str, Kind] = {
        each.change.after.urn: each.change.kind for each in verdict.judged if each.change.after
    }
    components = [
        (name, moved) for name, moved in verdict.by_component.items() if moved.by.expected or moved.by.high
    ]
    return templates.get_template("page.html.j2").render(
        verdict=verdict,
        headline=headline(verdict).capitalize(),
        counts=counts(verdict).capitalize(),
        dangers=list(dangers(verdict)),
        notes=list(notes(verdict)),
        components=components,
        before=drawing(verdict.before.after, old),
        after=drawing(verdict.after.after, new),
        verbs=VERB,
        most=_MOST_BOXES,
        css=Markup((FOLDER / "page.css").read_text()),  # noqa: S704 - a file of ours
    )


def _signed(amount: Decimal) -> str:
    return money(amount, signed=True)


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."
