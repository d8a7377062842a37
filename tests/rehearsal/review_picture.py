"""``python -m tests.rehearsal.review_picture``: the page of a review for docs/review.md, wide and narrow."""

from __future__ import annotations

import tempfile
from pathlib import Path

from infra.review.show import page
from tests.browser.chromium import NONE, browser, find
from tests.browser.looking import faults, picture
from tests.rehearsal.review_examples import EXAMPLES, ROOT, Examples

SHOWN = "bigger-gpu"
PICTURES = {"review-page.png": (1280, 1500), "review-page-narrow.png": (390, 1500)}


def main() -> None:
    """Write both pictures."""
    program = find()
    if program is None:
        raise SystemExit(NONE)
    (example,) = (each for each in EXAMPLES if each.name == SHOWN)
    with tempfile.TemporaryDirectory(prefix="isthmus-picture-") as name, browser(program) as opened:
        file = Path(name) / "review.html"
        file.write_text(page(Examples.of(Path(name)).verdict(example)))
        if found := faults(opened, file):
            raise SystemExit("\n".join(found))
        for target, (width, height) in PICTURES.items():
            (ROOT / "docs" / "pictures" / target).write_bytes(picture(opened, file, width, height))
            print(target)


if __name__ == "__main__":
    main()
