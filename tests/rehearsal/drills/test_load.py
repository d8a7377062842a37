"""What callers note, and what a front that fails looks like to them."""

from __future__ import annotations

import time
from pathlib import Path

from rehearsal.drills.load.caller import Asked, read
from rehearsal.drills.load.callers import Callers, Seen
from tests.serving.front.fronts import front_of
from tests.serving.front.stand_in_triton import ANN, BEN, stand_in


def test_a_line_that_is_not_whole_yet_is_left_for_later(tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    notes.write_text('{"at": 1.5, "ms": 2.0, "failed": "", "answered_from": "model"}\n{"at": 2.5, "m')
    assert read(notes) == [Asked(1.5, 2.0, "", "model")]


def test_an_answer_with_too_few_products_has_failed(tmp_path: Path) -> None:
    customers = tmp_path / "customers"
    customers.write_text(f"{ANN}\n{BEN}")
    seen: list[Seen] = []
    with stand_in() as triton, front_of(triton.url) as front:
        url = str(front.base_url).rstrip("/")
        with Callers(url, customers, tmp_path).at(50) as watch, watch.during("it knows eight", seen):
            while len(read(next(tmp_path.glob("asked-*")))) < 20:
                time.sleep(0.05)
    (one,) = seen
    assert one.asked >= 20
    assert (one.failed, one.first_failure) == (one.asked, "8 products")
    assert one.fell_back == 0
