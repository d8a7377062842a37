"""What makes the jobs of an estate run again, and what moves a release without them.

Four trainings of the sample's size: ``make long``. The tests are one story, as in ``test_thread``.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from rehearsal import sandbox
from rehearsal.estate import Estate
from rehearsal.orders import order_files
from tests.rehearsal.estates import isthmus, served

pytestmark = [pytest.mark.engine, pytest.mark.long, pytest.mark.timeout(900)]


def test_other_orders_run_the_jobs_again(estate: Estate, tmp_path: Path) -> None:
    isthmus(estate, "up")
    before = served(estate)
    for file in order_files(estate.orders())[:-3]:
        shutil.copy(file, tmp_path)
    told = isthmus(estate, "up", "--orders", str(tmp_path))
    assert re.search(r"local: .*4 replaced", told), told
    assert served(estate) != before


def test_another_seed_is_another_release_and_a_pinned_digest_moves_back(estate: Estate) -> None:
    estate.seed_orders()
    estate.up()  # the sample again
    first = served(estate)
    sandbox.change(estate.project_dir, {"training": {"seed": 20_111}})
    retrained = estate.up()
    second = served(estate)
    assert second != first
    assert estate.outputs()["serving"]["aws"]["release"] == second
    # Jobs are replaced; the transfer has nothing to do with the seed and buckets do not move.
    assert retrained.replaced >= 2

    sandbox.change(estate.project_dir, {"serving": {"release": first}})
    moved = estate.up()
    assert served(estate) == first
    assert moved.updated >= 1
    assert moved.replaced == 0
