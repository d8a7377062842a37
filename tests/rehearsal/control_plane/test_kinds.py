"""Kinds that are defined while somebody asks: the client knows each once it is served."""

from __future__ import annotations

import time

from rehearsal.cluster.metrics import VERSION, definition
from rehearsal.control_plane.api import Api
from rehearsal.control_plane.errors import ApiRefused


def served_now(api: Api, kind: str) -> bool:
    """Whether the client lists the kind at once."""
    try:
        return api.list(VERSION, kind) == []
    except ApiRefused:
        return False


def served(api: Api, kind: str) -> bool:
    """Whether it comes to list the kind; a definition is taken before it is served."""
    deadline = time.monotonic() + 30
    while not (found := served_now(api, kind)) and time.monotonic() < deadline:
        time.sleep(0.1)
    return found


def test_a_kind_that_joins_a_group_which_was_asked_before_is_known(api: Api) -> None:
    api.apply(definition("PodMetrics", "pods", "Namespaced"))
    assert served(api, "PodMetrics")
    assert not served_now(api, "NodeMetrics")
    api.apply(definition("NodeMetrics", "nodes", "Cluster"))
    assert served(api, "NodeMetrics")
