"""Control planes behind a rehearsed estate: begun at once, seen by doctor, ended with the rest."""

from __future__ import annotations

import pytest

from isthmus.cli import doctor_checks
from rehearsal import sandbox
from rehearsal.behind import Behind
from rehearsal.control_plane.choice import KUBERNETES
from rehearsal.control_plane.of_home import control_planes
from rehearsal.estate import Estate, EstateError

pytestmark = [pytest.mark.engine, pytest.mark.timeout(300)]


def test_both_sites_begin_together_and_nothing_of_them_is_left(
    estate: Estate, monkeypatch: pytest.MonkeyPatch
) -> None:
    estate.control_planes(Behind.REAL)
    planes = control_planes(estate.home)
    assert [plane.site for plane in planes] == ["isthmus-local-aws", "isthmus-local-openstack"]
    found = {process.name() for process in sandbox.processes_of(estate.home)}
    assert found >= {"etcd", "kube-apiserver"}
    assert doctor_checks.control_planes(estate.home).said.endswith("; 2 control planes run")

    # What stands on them keeps them; without a word it stays as it is.
    with monkeypatch.context() as standing:
        standing.setattr(Estate, "resources", lambda _: [{"urn": "something"}])
        with pytest.raises(EstateError, match="--kubernetes is record, and this estate stands on real"):
            estate.control_planes(Behind.RECORD)
        estate.control_planes()
    assert KUBERNETES.of(estate.home) is Behind.REAL

    estate.wipe()
    assert sandbox.processes_of(estate.home) == []
    assert KUBERNETES.of(estate.home) is Behind.RECORD
