"""What holds for every test: nothing is left when a run ends, however it ends."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import settings

from isthmus.progress import listen
from tests.left_behind import watch

# No test is timed, and the machine that runs it may be busy.
settings.register_profile("untimed", parent=settings.default, deadline=None)
settings.load_profile("untimed")


def pytest_configure(config: pytest.Config) -> None:
    # A worker of pytest-xdist is marked by the run that started it.
    if not hasattr(config, "workerinput"):
        watch()


@pytest.fixture
def log_lines() -> Iterator[list[str]]:
    """What the modules of the training log while a test runs: the lines that a job would print."""
    lines: list[str] = []
    with listen(lambda event: lines.append(str(event))):
        yield lines
