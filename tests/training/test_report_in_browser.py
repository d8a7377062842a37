"""The report as people see it: in a real browser, wide and narrow, light and dark."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from tests.browser.chromium import NONE, Page, address, browser, find
from tests.browser.looking import faults, picture
from training.release import Window
from training.settings import Gates
from training.validation.baselines import BASELINES
from training.validation.calibration import calibration
from training.validation.comparison import Comparison
from training.validation.holdout import ALL, IN_SERVICE, MODEL, NEW, Evaluation
from training.validation.metrics import PerCustomer, Scores
from training.validation.report import HTML, report

CUSTOMERS = 300
pytestmark = pytest.mark.skipif(find() is None, reason=NONE)


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    program = find()
    assert program is not None
    with browser(program) as opened:
        yield opened


@pytest.fixture
def written(tmp_path: Path) -> Path:
    """A report with every part that one can have, of a release that is refused."""
    random = np.random.default_rng(2)
    theirs, probabilities = random.beta(2, 5, CUSTOMERS), random.beta(1, 6, (CUSTOMERS, 20))
    ours = theirs * 0.6
    happened = (random.random(probabilities.shape) < probabilities).tolist()
    probable = calibration(probabilities.tolist(), happened, horizon_days=30)
    assert probable is not None
    kinds = ["new", "regular", "bulk buyers", "United Kingdom", "a country <with> & in its name"]
    names = [MODEL, *BASELINES, IN_SERVICE]

    def scores(number: int) -> Scores:
        recall = 0.1 + 0.02 * number
        ends = (recall - 0.02, recall + 0.03)
        return Scores(recall, 0.01, recall, 0.2, CUSTOMERS, ends, ends, 4.2)

    rows = {name: scores(number) for number, name in enumerate(names)}
    evaluation = Evaluation(
        table={name: {ALL: row, NEW: row} for name, row in rows.items()},
        segments={kind: dict(rows) for kind in kinds},
        calibration=probable,
        segment_calibration=dict.fromkeys(kinds, probable),
        service=Comparison(
            "sha256:" + "1" * 64,
            PerCustomer(ours, ours),
            PerCustomer(theirs, theirs),
            {kind: random.random(CUSTOMERS) < 0.5 for kind in kinds},
        ),
        notes=("A note to the reader.",),
        differences={name: {ALL: (-0.1, -0.12, -0.08), NEW: (0.1, 0.08, 0.12)} for name in names[1:]},
        held_back_days=26,
    )
    window = Window(
        first_day=date(2010, 12, 1),
        last_day=date(2011, 8, 31),
        days=219,
        rows=222_638,
        orders_digest="sha256:" + "2" * 64,
    )
    gates = Gates(min_recall_ratio_to_best_baseline=1.0, min_segment_recall_ratio_to_best_baseline=0.9)
    report("sha256:" + "0" * 64, window, evaluation, gates).write(tmp_path)
    return tmp_path / HTML


def test_nothing_is_wrong_with_it_in_any_window_and_nothing_else_is_asked_for(
    page: Page, written: Path
) -> None:
    assert faults(page, written) == []
    page.open(address(written), 1200)
    headings = page.run("[...document.querySelectorAll('h2')].map((one) => one.textContent)")
    assert headings == [
        "Gates",
        "Beside baselines fitted in the same run",
        "Beside the release in service",
        "Segments of customers",
        "Calibration",
        "What is measured",
    ]
    assert page.run("document.querySelectorAll('tr.missed').length") == 9
    assert page.run("document.querySelector('.verdict').textContent").startswith("Refused: it misses 9")
    assert page.run("document.querySelectorAll('svg').length") == 4
    whole, part = picture(page, written), picture(page, written, part="calibration", dark=True)
    assert whole.startswith(b"\x89PNG")
    assert 5_000 < len(part) < len(whole)
    assert page.print().startswith(b"%PDF")


def test_a_page_that_is_hard_to_read_or_asks_for_others_is_told(page: Page, written: Path) -> None:
    html = written.read_text()
    for good, bad in {
        "--quiet: #57606a": "--quiet: #b0b0b0",
        'href="#gates"': 'href="#gate"',
        "overflow-x: auto": "overflow-x: visible",
        'id="segments"': 'id="gates"',
        "</main>": '<img src="missing.png"><script>null.x</script></main>',
    }.items():
        assert good in html
        html = html.replace(good, bad)
    written.write_text(html)
    found = "\n".join(faults(page, written))
    for fault in (
        "wide, light: <p> A gate is off where its setting asks for: contrast 2.",
        "narrow, dark: <a> Gates: leads nowhere",
        "narrow, light: the page is ",
        "id gates is there twice",
        "missing.png",
        "has no text instead",
        "Uncaught",
    ):
        assert fault in found
