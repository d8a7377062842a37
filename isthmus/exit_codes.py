"""The exit codes by which a job tells its manifest what to do; ``isthmus.errors`` has FAILED and WRONG_DATA.

They stand here by themselves because the Pulumi program needs them, and must load no library of a training.
"""

from __future__ import annotations

EXIT_PEER_LOST = 75
"""Another worker is gone: start again from the last checkpoint (EX_TEMPFAIL of sysexits.h)."""
EXIT_PREEMPTED = 76
"""SIGTERM came and the checkpoint is saved: start again when there is room."""
EXIT_REFUSED = 77
"""The release did not pass its gates: nothing must repeat it."""
EXIT_STRAGGLING = 78
"""This worker is much slower than the others; the checkpoint is saved. Start it again, better elsewhere."""
