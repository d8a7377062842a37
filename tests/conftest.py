"""What holds for every test: nothing is left when a run ends, however it ends."""

from __future__ import annotations

import pytest
from hypothesis import settings

from tests.left_behind import watch

# No test is timed, and the machine that runs it may be busy.
settings.register_profile("untimed", parent=settings.default, deadline=None)
settings.load_profile("untimed")


def pytest_configure(config: pytest.Config) -> None:
    # A worker of pytest-xdist is marked by the run that started it.
    if not hasattr(config, "workerinput"):
        watch()
