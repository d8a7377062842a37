from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def _(without_control_planes: None) -> None:
    """A cloud's plugin, asked alone: that its clusters have control planes is shown elsewhere."""
