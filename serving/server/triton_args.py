"""Arguments of ``tritonserver``, the same in a pod and on this machine."""

from __future__ import annotations

from collections.abc import Mapping

from serving.server.envoy_config import MAX_REQUEST_BYTES
from serving.server.ports import INSIDE

MODELS = "/models"
REPOSITORY = f"{MODELS}/current"
"""Inside the volume, because a mount point cannot be renamed to."""
MAX_INPUT = "--http-max-input-size"
"""Known to tritonserver from 2.59 on."""


def triton_args(*, gpus: int, finish_s: int, ports: Mapping[str, int] = INSIDE) -> list[str]:
    """The arguments; ``$(POD_IP)`` and ``$(POD_NAME)`` are for Kubernetes to fill in.

    Args:
        gpus: number in the pod; 0 leaves out what only GPUs need.
        finish_s: seconds for the questions that are being answered when it must stop.
        ports: ports by name.
    """
    # These APIs load models, read logs and map memory; no client of the service needs them, and all of them
    # have been ways in. The header's value is known to the pod alone.
    restricted = "shared-memory,model-repository,logging,trace:admin=$(POD_NAME)"
    args = [
        f"--model-repository={REPOSITORY}",
        "--model-control-mode=none",
        # What the repository says is complete; guessing starts every Python model a second time.
        "--disable-auto-complete-config",
        "--strict-readiness=true",
        f"--exit-timeout-secs={finish_s}",
        *(f"--{kind}-address=$(POD_IP)" for kind in ports),
        *(f"--{kind}-port={port}" for kind, port in ports.items()),
        f"--http-restricted-api={restricted}",
        f"--grpc-restricted-protocol={restricted}",
        # Two servers that share a /dev/shm must not share regions.
        "--backend-config=python,shm-region-prefix-name=$(POD_NAME)",
        "--backend-config=python,shm-default-byte-size=1048576",
        "--log-format=ISO8601",
        # Of HTTP; gRPC has no such option, which is one reason for Envoy.
        f"{MAX_INPUT}={MAX_REQUEST_BYTES}",
    ]
    if not gpus:
        args += ["--allow-gpu-metrics=false", "--pinned-memory-pool-byte-size=0"]
    return args
