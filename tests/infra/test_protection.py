"""Data, its keys and the clusters refuse to be deleted, in every stack that is not made to be taken down."""

from __future__ import annotations

from typing import Any

import pulumi
import pytest
from pulumi.runtime.mocks import MockMonitor

from infra.__main__ import estate as program
from infra.model_serving import _tell
from tests.infra.recorded import DIGEST, Estate, changed_settings, record

KEPT = {
    "aws:s3/bucket:Bucket": 3,
    "aws:kms/key:Key": 2,
    "aws:eks/cluster:Cluster": 1,
    "openstack:objectstorage/container:Container": 1,
    "openstack:containerinfra/cluster:Cluster": 1,
}


def protected(stack: str, changes: dict[str, Any]) -> tuple[dict[str, int], Estate]:
    """How many resources of each type are protected, and the estate."""
    found: dict[str, int] = {}

    class Monitor(MockMonitor):
        def RegisterResource(self, request: Any) -> Any:  # noqa: N802 - as the engine calls it
            if request.protect:
                found[request.type] = found.get(request.type, 0) + 1
            return super().RegisterResource(request)

    return found, record(lambda: program(changed_settings(stack, changes)), monitor=Monitor)


@pytest.mark.parametrize(
    ("stack", "changes", "kept"),
    [
        ("prod", {}, KEPT),
        ("staging", {}, KEPT),
        ("dev", {}, {}),
        ("local", {}, {}),
        ("prod", {"protection.protect": False}, {}),
        ("dev", {"protection.protect": True}, KEPT),
    ],
)
def test_what_holds_data_and_the_clusters_are_protected(
    stack: str, changes: dict[str, Any], kept: dict[str, int]
) -> None:
    found, estate = protected(stack, changes)
    assert found == kept
    (cluster,) = estate.of("aws:eks/cluster:Cluster")
    assert cluster.inputs["deletionProtection"] is bool(kept)


def test_a_pinned_release_that_is_not_there_signed_is_told_with_what_to_do(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told: list[str] = []
    monkeypatch.setattr(pulumi.log, "warn", told.append)
    folder = f"releases/{DIGEST.removeprefix('sha256:')}"
    _tell(DIGEST, "bucket", [f"{folder}/manifest.json", f"{folder}/signature.json"])
    assert told == []
    _tell(DIGEST, "bucket", [f"{folder}/manifest.json"])
    assert DIGEST in told[0]
    assert "isthmus restore" in told[0]
    assert "cronjob/retrain" in told[0]
