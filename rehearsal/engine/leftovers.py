"""What a killed engine leaves in its state: a lock that nobody holds, operations that nobody ends."""

from __future__ import annotations

import json
import socket
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from rehearsal.home import Home


@dataclass(frozen=True)
class Lock:
    """A lock file of the engine's file backend."""

    file: Path
    pid: int
    host: str
    since: datetime

    @property
    def here(self) -> bool:
        """Whether it was taken on this machine, so that its holder can be looked for."""
        return self.host == socket.gethostname()

    @property
    def held(self) -> bool:
        """Whether the process that took it may still be alive (always, on another machine)."""
        import psutil

        if not self.here:
            return True
        try:
            process = psutil.Process(self.pid)
            # A process that is younger than the lock only has the number of the one that took it.
            return (
                process.status() != psutil.STATUS_ZOMBIE
                and process.create_time() <= self.since.timestamp() + 1
                and "pulumi" in process.name()
            )
        except psutil.NoSuchProcess:
            return False
        except psutil.AccessDenied:
            return True


def locks(home: Home, project: str, stack: str) -> list[Lock]:
    """The locks on a stack; one that is just being written or removed is passed over."""
    found = []
    for file in sorted((home.state / ".pulumi" / "locks" / "organization" / project / stack).glob("*.json")):
        try:
            content = json.loads(file.read_text())
            since = datetime.fromisoformat(content["timestamp"])
            found.append(Lock(file, int(content["pid"]), str(content["hostname"]), since))
        except (OSError, ValueError, KeyError):
            continue
    return found


def has_pending_operations(home: Home, project: str, stack: str) -> bool:
    """Whether the stack's state names operations that began and did not end."""
    try:
        state = json.loads((home.state / ".pulumi" / "stacks" / project / f"{stack}.json").read_text())
    except (OSError, ValueError):
        return False
    latest = (state.get("checkpoint") or {}).get("latest") or {}
    return bool(latest.get("pending_operations"))
