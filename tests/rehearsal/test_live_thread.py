"""The whole stack ``local`` on real control planes: up, unchanged, without drift, answering, and gone."""

from __future__ import annotations

import pytest

from rehearsal.behind import Behind
from rehearsal.cluster.of_home import clusters
from rehearsal.control_plane.of_home import control_planes
from rehearsal.estate import Estate
from rehearsal.stack_copy import STACK

pytestmark = [pytest.mark.engine, pytest.mark.long, pytest.mark.timeout(1800)]


def test_the_estate_stands_on_real_control_planes(estate: Estate) -> None:
    with estate.given(kubernetes=Behind.REAL) as seeded:
        up = estate.up(orders=seeded)
    assert {cluster.name for cluster in clusters(estate.home)} == {
        "isthmus-local-aws",
        "isthmus-local-openstack",
    }
    assert estate.answers()

    again = estate.up(orders=seeded)
    assert (again.created, again.updated, again.replaced, again.deleted) == (0, 0, 0, 0)
    assert again.unchanged == up.created
    refreshed = estate.engine.refresh(STACK, config_file=estate.stack_file())
    assert (refreshed.updated, refreshed.deleted) == (0, 0)

    gone = estate.destroy()
    assert gone is not None
    assert gone.deleted == up.created
    # With its cluster each control plane has ended, and what it held is gone.
    assert control_planes(estate.home) == []
