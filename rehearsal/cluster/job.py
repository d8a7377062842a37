"""How a Job has ended."""

from __future__ import annotations

from typing import Any


def is_over(job: dict[str, Any]) -> tuple[bool, str] | None:
    """None while a Job works; else whether it completed, and why it did not."""
    for state in job.get("status", {}).get("conditions", ()):
        if state["type"] in ("Complete", "Failed") and state["status"] == "True":
            return state["type"] == "Complete", f"{state.get('reason', '')}: {state.get('message', '')}"
    return None
