"""Control planes behind a rehearsed estate: begun at once, seen by doctor, resumed, ended with the rest."""

from __future__ import annotations

import pytest

from isthmus.cli import doctor_checks
from rehearsal import sandbox
from rehearsal.control_plane import provide, running
from rehearsal.control_plane.of_home import control_planes
from rehearsal.estate import Estate

pytestmark = [pytest.mark.engine, pytest.mark.timeout(300)]


def test_both_sites_begin_together_and_nothing_of_them_is_left(estate: Estate) -> None:
    estate.resume()
    assert control_planes(estate.home) == [], "nothing stands on any"
    estate.control_planes()
    planes = control_planes(estate.home)
    assert [plane.site for plane in planes] == ["isthmus-local-aws", "isthmus-local-openstack"]
    found = {process.name() for process in sandbox.processes_of(estate.home)}
    assert found >= {"etcd", "kube-apiserver"}
    assert doctor_checks.control_planes(estate.home).said.endswith("; 2 control planes run")

    running.stop(planes)
    estate.resume()
    assert all(plane.processes() for plane in planes)

    estate.wipe()
    assert sandbox.processes_of(estate.home) == []
    assert control_planes(estate.home) == []


def test_doctor_says_which_programs_are_missing_and_what_gets_them(
    estate: Estate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(provide, "cached", lambda: None)
    found = doctor_checks.control_planes(estate.home)
    assert (found.state, found.mend) == ("missing", "isthmus doctor --fix")
