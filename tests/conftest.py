"""What holds for every test: nothing is left when a run ends, however it ends."""

from __future__ import annotations

import pytest

from tests.left_behind import watch


def pytest_configure(config: pytest.Config) -> None:
    # A worker of pytest-xdist is marked by the run that started it.
    if not hasattr(config, "workerinput"):
        watch()
