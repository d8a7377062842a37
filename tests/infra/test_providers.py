"""Where the providers go, and what every Kubernetes object is told, whatever its component says."""

from __future__ import annotations

import pulumi
import pytest

from infra.bootstrap.__main__ import OWN_SERVICES
from infra.providers import AWS_SERVICES, goes_with
from rehearsal.plugins.aws.types import ROWS


@pytest.mark.parametrize("own", [None, False, True])
def test_an_object_is_deleted_before_it_is_made_again_so_that_no_late_deletion_takes_the_new_one(
    own: bool | None,
) -> None:
    """The engine deletes by name what it had deleted in an up that failed, if the object does not say so."""
    opts = pulumi.ResourceOptions(delete_before_replace=own)
    args = pulumi.ResourceTransformationArgs(None, "kubernetes:batch/v1:Job", "train", {}, opts)  # type: ignore[arg-type]
    transformed = goes_with()(args)
    assert transformed is not None
    assert transformed.opts.delete_before_replace is True


def test_no_call_for_any_resource_goes_past_a_stand_in_to_the_cloud() -> None:
    """Of a service without an endpoint of its own the provider asks AWS itself."""
    called = {{"logs": "cloudwatchlogs"}.get(row.service, row.service) for row in ROWS.values()}
    assert called <= {*AWS_SERVICES, *OWN_SERVICES}
    assert not set(AWS_SERVICES) & set(OWN_SERVICES)
