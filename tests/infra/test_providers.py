"""What every Kubernetes object of the estate is told, whatever its component says."""

from __future__ import annotations

import pulumi
import pytest

from infra.providers import goes_with


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
