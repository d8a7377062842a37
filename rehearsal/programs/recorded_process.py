"""A process that was written down, found again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import psutil


def recorded_process(record: Mapping[str, Any]) -> psutil.Process | None:
    """The process of a record with ``pid`` and ``started``; None where it is gone or another's."""
    try:
        process = psutil.Process(record["pid"])
        same = abs(process.create_time() - record["started"]) < 1 and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return None
    return process if same else None
