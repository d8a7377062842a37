"""What a browser finds wrong with a page, and a picture of it."""

from __future__ import annotations

import io
from pathlib import Path

from tests.browser.chromium import Page, address

SCRIPT = Path(__file__).with_name("reading.js").read_text()
WINDOWS = {"wide": 1200, "narrow": 390}


def faults(page: Page, path: Path) -> list[str]:
    """What is wrong in wide and narrow windows, light and dark: requests, complaints, what is hard to see."""
    found = []
    for dark in (False, True):
        for name, width in WINDOWS.items():
            page.open(address(path), width, dark=dark)
            told = [f"asks for {url}" for url in page.requests if url not in (address(path), "data:,")]
            told += page.complaints + page.run(SCRIPT)
            found += [f"{name}, {'dark' if dark else 'light'}: {one}" for one in told]
    return found


def picture(
    page: Page, path: Path, width: int = 1200, height: int | None = None, dark: bool = False
) -> bytes:
    """A PNG of a page in few colours, from its top down to ``height`` or its end, in CSS pixels."""
    from PIL import Image

    page.open(address(path), width, dark=dark)
    with Image.open(io.BytesIO(page.picture())) as image:
        shown = image.convert("RGB")
    if height is not None:
        shown = shown.crop((0, 0, shown.width, min(height, shown.height)))
    sink = io.BytesIO()
    shown.quantize(255, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE).save(
        sink, format="PNG", optimize=True
    )
    return sink.getvalue()
