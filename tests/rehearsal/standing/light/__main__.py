"""The estate's program whose containers run next to nothing: they answer their probes, or are done at once.

So an up costs seconds, and everything else is what it always is.
"""

import sys
from pathlib import Path
from typing import Any

from pulumi_kubernetes import core

# Its text and the system's own Python: a path in /tmp would be taken for one in the container.
PYTHON = [str(Path(sys.executable).resolve()), "-I", "-S", "-c"]
CONTAINER = Path(__file__).resolve().with_name("container.py").read_text()
whole = core.v1.ContainerArgs


def light(**said: Any) -> core.v1.ContainerArgs:
    """A container as the program says it, whose own command is no more than its last arguments."""
    ports = [str(port.container_port) for port in said.get("ports") or () if said.get("readiness_probe")]
    said["args"] = [*ports, "--", *said["command"], *(said.get("args") or ())]
    said["command"] = [*PYTHON, CONTAINER]
    return whole(**said)


core.v1.ContainerArgs = light  # type: ignore[assignment,misc]

from infra.__main__ import main  # noqa: E402
from infra.drain import run  # noqa: E402

if __name__ == "__main__":
    run(main)
