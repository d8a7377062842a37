from __future__ import annotations

from pathlib import Path

import pytest

from tests.rehearsal.plugins.openstack.cloud import Cloud


@pytest.fixture
def cloud(tmp_path: Path) -> Cloud:
    return Cloud(tmp_path)
