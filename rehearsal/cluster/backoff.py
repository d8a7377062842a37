"""How long a failing container waits before it is started again.

The shape is the kubelet's (twice as long each time, a cap, forgotten after a while without failure); the
times are a tenth of its 10 s to 5 min, because a rehearsal is watched by somebody.
"""

from __future__ import annotations

FIRST_SECONDS = 1.0
CAP_SECONDS = 30.0
FORGET_SECONDS = 60.0


def container_delay(failures: int) -> float:
    """Seconds before a restart after ``failures`` ends in a row: the first restart is at once."""
    return 0.0 if failures <= 1 else min(FIRST_SECONDS * 2.0 ** min(failures - 2, 16), CAP_SECONDS)
