"""``python -m tests.browser PAGE.html``: look at a page in a real browser, and take a picture of it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tests.browser.chromium import NONE, browser, find
from tests.browser.looking import faults, picture

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def main(
    page: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="An HTML file.")],
    out: Annotated[Path | None, typer.Option(help="Write a picture (PNG) of it here.")] = None,
    width: Annotated[int, typer.Option(min=200, help="Of the window, CSS pixels.")] = 1200,
    height: Annotated[
        int | None, typer.Option(min=100, help="Cut the picture off here; absent: all.")
    ] = None,
    part: Annotated[str | None, typer.Option(help="Show only the section of this heading's id.")] = None,
    dark: Annotated[bool, typer.Option("--dark", help="As for who prefers dark colours.")] = False,
    pdf: Annotated[Path | None, typer.Option(help="Write the page as it is printed here.")] = None,
) -> None:
    """Look at a page in wide and narrow windows, light and dark, and say what is wrong with it."""
    program = find()
    if program is None:
        raise SystemExit(NONE)
    with browser(program) as opened:
        found = faults(opened, page)
        if out is not None:
            out.parent.mkdir(parents=True, exist_ok=True)
            out.write_bytes(picture(opened, page, width, height, dark, part))
        if pdf is not None:
            pdf.write_bytes(opened.print())
    for fault in found:
        print(fault)
    print(f"{page}: {len(found)} faults")
    raise typer.Exit(1 if found else 0)


if __name__ == "__main__":
    app()
