"""``python -m tests.pages.figures``: write the figures of docs/figures.yaml into the pages."""

from __future__ import annotations

import re
from dataclasses import dataclass

import yaml

from tests.pages import PAGES, ROOT

DATA = ROOT / "docs" / "figures.yaml"
MARK = re.compile(r"<!--=(?P<name>[a-z.]+)-->(?P<value>.*?)<!--/-->")
CODE = re.compile(r"^```.*?^```$|^ {4}.*$", re.MULTILINE | re.DOTALL)


class UnknownFigure(Exception):
    """A page marks a figure that docs/figures.yaml does not have."""


@dataclass(frozen=True)
class Figure:
    """A value as pages show it, how it is known, and the outputs in which it stands too (# for it)."""

    value: str
    of: str
    shown: tuple[str, ...] = ()


def figures() -> dict[str, Figure]:
    """By name."""
    read = yaml.safe_load(DATA.read_text())
    return {
        name: Figure(entry["value"], entry["of"], tuple(entry.get("shown", ())))
        for name, entry in read.items()
    }


def written(page: str, known: dict[str, Figure]) -> str:
    """A page with the present values between its marks. Raises UnknownFigure."""

    def value(match: re.Match[str]) -> str:
        if match["name"] not in known:
            raise UnknownFigure(f"{match['name']} is no figure of {DATA.name}")
        return f"<!--={match['name']}-->{known[match['name']].value}<!--/-->"

    return MARK.sub(value, page)


def prose(page: str) -> str:
    """A page without code, and without what stands between marks."""
    return MARK.sub("", CODE.sub("", page))


def main() -> None:
    """Write all pages."""
    for path in PAGES:
        path.write_text(written(path.read_text(), figures()))


if __name__ == "__main__":
    main()
