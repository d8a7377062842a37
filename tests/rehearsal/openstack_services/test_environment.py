"""The environment of the services is whole or not there, and says why."""

from __future__ import annotations

from pathlib import Path

import pytest

from rehearsal.openstack_services import environment
from rehearsal.openstack_services.environment import ServicesError


def test_a_registry_out_of_reach_is_one_sentence_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UV", environment.uv())
    monkeypatch.setenv("ISTHMUS_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "uv"))
    monkeypatch.setenv("UV_DEFAULT_INDEX", "http://127.0.0.1:9/simple")  # nobody listens there
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")
    with pytest.raises(ServicesError) as error:
        environment.ensure()
    said = str(error.value)
    assert said.startswith("The OpenStack services cannot be installed: ")
    assert "http://127.0.0.1:9/simple" in said
    assert "\n" not in said
    assert "  " not in said
    assert not [path for path in environment.place().parent.iterdir() if path.suffix != ".lock"]
