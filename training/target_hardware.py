"""What of a release's manifest the estate reads, too: its name, and where its models may run.

Apart from the rest of the manifest, which belongs to training: the estate is declared without its libraries.
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

MANIFEST = "manifest.json"


class TargetHardware(BaseModel):
    """Where the models of a release may run.

    ``compute_capabilities`` names NVIDIA GPUs ("8.0", "9.0") for which a plan is in the release; ONNX needs
    none of them.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    kinds: tuple[Literal["cpu", "gpu"], ...] = ("cpu", "gpu")
    compute_capabilities: tuple[str, ...] = ()


__all__ = ["MANIFEST", "TargetHardware"]
