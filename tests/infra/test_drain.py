"""What runs the program: no collector while it does, and as before afterwards."""

from __future__ import annotations

import gc

import pulumi
import pytest

from infra import drain


@pytest.mark.parametrize("fails", [False, True])
def test_the_collector_rests_while_the_program_runs(monkeypatch: pytest.MonkeyPatch, fails: bool) -> None:
    seen = []

    def run(_: object) -> None:
        seen.append(gc.isenabled())
        if fails:
            raise pulumi.RunError("no")

    monkeypatch.setattr(pulumi, "run", run)
    assert gc.isenabled()
    try:
        drain.run(lambda: None)  # type: ignore[arg-type,return-value]
    except pulumi.RunError:
        assert fails
    assert seen == [False]
    assert gc.isenabled()
