"""What a browser finds wrong with a page, and a picture of it."""

from __future__ import annotations

import io
from pathlib import Path

from tests.browser.chromium import Page, address

SCRIPT = Path(__file__).with_name("reading.js").read_text()
WINDOWS = {"wide": 1280, "narrow": 390}


def faults(page: Page, path: Path) -> list[str]:
    """What is wrong in wide and narrow windows, light and dark: requests, complaints, what is hard to see."""
    found = []
    for dark in (False, True):
        for name, width in WINDOWS.items():
            page.open(address(path), width, dark=dark)
            complaints = [f"asks for {url}" for url in page.requests if url not in (address(path), "data:,")]
            complaints += page.complaints + page.run(SCRIPT)
            found += [f"{name}, {'dark' if dark else 'light'}: {complaint}" for complaint in complaints]
    return found


def picture(
    page: Page,
    path: Path,
    width: int = 1200,
    height: int | None = None,
    dark: bool = False,
    part: str | None = None,
) -> bytes:
    """A PNG of a page in few colours.

    Args:
        page: to open it in.
        path: of the HTML file.
        width: of the window, CSS pixels.
        height: where the picture is cut off, CSS pixels; None: at the end of the page.
        dark: as for who prefers dark colours.
        part: id of a heading, whose section alone is shown; None: the page from its top.
    """
    from PIL import Image

    page.open(address(path), width, dark=dark)
    with Image.open(io.BytesIO(page.picture())) as image:
        shown = image.convert("RGB")
    top, bottom = 0, shown.height
    if part is not None:
        box = f"document.getElementById({part!r}).closest('section').getBoundingClientRect()"
        top, bottom = (int(page.run(f"{box}.{edge} + scrollY")) for edge in ("top", "bottom"))
    if height is not None:
        bottom = min(bottom, top + height)
    sink = io.BytesIO()
    shown = shown.crop((0, top, shown.width, bottom))
    shown.quantize(255, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE).save(
        sink, format="PNG", optimize=True
    )
    return sink.getvalue()
