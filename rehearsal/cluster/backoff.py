"""How long a failing container or Job waits before it is tried again.

The shape is Kubernetes' (twice as long each time, a cap, forgotten after a while without failure); the times
are a tenth of the kubelet's 10 s to 5 min and of the Job controller's 10 s to 6 min, because a rehearsal is
watched by somebody.
"""

from __future__ import annotations

FIRST_SECONDS = 1.0
CAP_SECONDS = 30.0
JOB_CAP_SECONDS = 36.0
FORGET_SECONDS = 60.0


def container_delay(failures: int) -> float:
    """Seconds before a restart after ``failures`` ends in a row: the first restart is at once."""
    return 0.0 if failures <= 1 else min(FIRST_SECONDS * 2.0 ** min(failures - 2, 16), CAP_SECONDS)


def job_delay(failures: int) -> float:
    """Seconds before a Job makes the next pod after ``failures`` pods that failed."""
    return 0.0 if failures < 1 else min(FIRST_SECONDS * 2.0 ** min(failures - 1, 16), JOB_CAP_SECONDS)
