"""``python -m rehearsal.node_agent HOME``: the node agent, with the programs of this project for its images.

``rehearsal.cluster`` knows images by their names; what starts in their place is handed in here.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from rehearsal.cluster.agent_loop import main
from rehearsal.cluster.images import ENVOY, TRITON, CannotRun, Program

# The imports stand in the functions: an agent is up sooner, and one that serves nothing needs neither.


def _tritonserver(arguments: Sequence[str]) -> Program:
    from serving.local import triton_install

    try:
        return Program(*triton_install.command(arguments))
    except triton_install.TritonNotHereError as reason:
        raise CannotRun(str(reason)) from None


def _envoy(arguments: Sequence[str]) -> Program:
    from serving.local import envoy_install

    try:
        return Program([str(envoy_install.program()), *arguments])
    except envoy_install.EnvoyNotHereError as reason:
        raise CannotRun(str(reason)) from None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], {TRITON: _tritonserver, ENVOY: _envoy}))
