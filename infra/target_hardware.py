"""Whether the GPUs of a pool are among those that a release was made for."""

from __future__ import annotations

import json

import pulumi
from pydantic import ValidationError

from infra.settings.catalogue import Machine
from isthmus.errors import IsthmusError
from training.target_hardware import TargetHardware


class WrongHardware(IsthmusError, pulumi.RunError):
    """A release was not made for the nodes that are to serve it."""


def refuse_other_hardware(manifest: str, release: str, pool: str, machine: Machine) -> None:
    """Refuse a pool whose GPU a release has no plan for: TensorRT's run on the GPUs that they were built on.

    https://docs.nvidia.com/deeplearning/tensorrt/11.4.1/getting-started/support-matrix.html, "Engine
    Portability"; 2026-11-28.

    ``manifest`` is its text, "" where the store shows none: Pulumi's data source reads an object only where
    its type says that it is text, and releases of before 2026-11-28 say of theirs that it is bytes
    (pulumi_aws.s3.get_object, ``body``).

    Raises:
        WrongHardware: the release names GPUs, and this is none of them; or it is for CPUs alone.
    """
    if not manifest:
        return
    try:
        target = TargetHardware.model_validate(json.loads(manifest).get("target_hardware", {}))
    except (ValueError, AttributeError, ValidationError):
        raise WrongHardware(
            f"serving.release: the manifest of {release} cannot be read; `isthmus release list` "
            "shows those that there are, and another one can be named."
        ) from None
    if "gpu" not in target.kinds:
        raise WrongHardware(
            f"serving.pool: is {pool}, and release {release} is for CPUs alone: leave serving.pool out, or "
            "name a release that was made for GPUs."
        )
    if target.compute_capabilities and machine.compute_capability not in target.compute_capabilities:
        made_for = ", ".join(target.compute_capabilities)
        raise WrongHardware(
            f"serving.pool: is {pool}, whose nodes {machine.name} have an {machine.gpu} of compute "
            f"capability {machine.compute_capability}, and release {release} has plans for {made_for} "
            "only: name a pool with such GPUs, or a release that was made for these."
        )


__all__ = ["WrongHardware", "refuse_other_hardware"]
