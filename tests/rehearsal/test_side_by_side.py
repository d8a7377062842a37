"""Two clones rehearse at once, with the same ports in their stack files: ``make long``, for two trainings."""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from rehearsal import sandbox
from rehearsal.estate import Estate
from rehearsal.home import Home

ROOT = Path(__file__).parents[2]
pytestmark = [pytest.mark.engine, pytest.mark.long, pytest.mark.timeout(900)]


def test_two_clones_are_up_at_once_and_the_second_up_of_each_is_unchanged(tmp_path: Path) -> None:
    first = sandbox.project(tmp_path / "a" / "project", ROOT)
    second = sandbox.project(tmp_path / "b" / "project", ROOT)
    shutil.copy(sandbox.stack_file(first), sandbox.stack_file(second))
    estates = [Estate(Home(folder.parent / "home"), folder) for folder in (first, second)]

    def up(estate: Estate) -> int:
        estate.install()
        orders = estate.seed_orders()
        made = estate.up(orders=orders)
        again = estate.up(orders=orders)
        assert again.unchanged == again.resources == made.resources
        return made.created

    try:
        with ThreadPoolExecutor(2) as pool:
            created = list(pool.map(up, estates))
        assert created[0] == created[1] >= 100
        assert all(estate.answers() for estate in estates)
        urls = {str(estate.settings.aws.endpoint_url) for estate in estates}
        assert len(urls) == 2
    finally:
        for estate in estates:
            estate.wipe()
            for process in sandbox.processes_of(estate.home):
                process.kill()
