"""What an up of a real cluster is told to wait for, beyond its plugin's own ten minutes."""

from __future__ import annotations

from typing import Any

import pytest
from pulumi.runtime.mocks import MockMonitor

from infra.settings.platform import PARTS
from serving.components.pod import Timing
from tests.infra.recorded import changed_settings, record

DEPLOYMENT = "kubernetes:apps/v1:Deployment"
ROLLOUT = "kubernetes:argoproj.io/v1alpha1:Rollout"
CANARY = {"serving.rollout.strategy": "canary", "platform.runs": [*PARTS]}


@pytest.mark.parametrize(("kind", "changes"), [(DEPLOYMENT, {}), (ROLLOUT, CANARY)])
def test_the_wait_for_a_server_outlasts_its_start_and_that_of_each_one_before_it(
    kind: str, changes: dict[str, Any]
) -> None:
    from infra.__main__ import estate

    waits: dict[str, str] = {}

    class Noting(MockMonitor):
        def RegisterResource(self, request: Any) -> Any:  # noqa: N802 - of the SDK
            if request.type == kind:
                assert request.customTimeouts.create == request.customTimeouts.update
                waits[request.name] = request.customTimeouts.update
            return super().RegisterResource(request)

    settings = changed_settings("prod", changes)
    made = record(lambda: estate(settings), "prod", monitor=Noting)
    deployments = made.of(kind)
    assert deployments
    assert {each.name for each in deployments} == {*waits}
    for each in deployments:
        deadline = each.inputs["spec"]["progressDeadlineSeconds"]
        assert deadline > Timing().start
        wait = int(waits[each.name].removesuffix("s"))
        assert wait >= max(deadline, Timing().start * settings.serving.replicas.max), each.name
