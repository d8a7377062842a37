"""``python -m tests.rehearsal.standing.faults NAME``: a stand-in plugin whose cloud is out of order at times.

``faults.json`` in the rehearsal's home says when: each creation, update or deletion of a share of the
resources fails the first time that it is asked for, before the stand-in sees it.
"""

from __future__ import annotations

import json
import runpy
import sys
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rehearsal.engine.plugins import MODULES
from rehearsal.home import Home
from rehearsal.plugins import server
from rehearsal.plugins.backend import Backend, Refused

FILE, DONE = "faults.json", "faults"
SAYS = "503: the cloud is out of order for a moment"


def plan(home: Home, *, seed: int, share: float) -> None:
    """Let ``share`` of the operations fail once from now on; those that failed before may fail again."""
    forget(home)
    (home.root / FILE).write_text(json.dumps({"seed": seed, "share": share}))


def forget(home: Home) -> None:
    """No fault from now on."""
    (home.root / FILE).unlink(missing_ok=True)
    for done in (home.root / DONE).glob("*"):
        done.unlink()


def _meet(home: Home, operation: str, urn: str) -> None:
    try:
        planned = json.loads((home.root / FILE).read_text())
    except FileNotFoundError:
        return
    drawn = zlib.crc32(f"{planned['seed']} {operation} {urn}".encode())
    if drawn % 1000 >= planned["share"] * 1000:
        return
    mark: Path = home.root / DONE / f"{drawn:08x}"
    mark.parent.mkdir(exist_ok=True)
    try:
        mark.touch(exist_ok=False)
    except FileExistsError:
        return
    raise Refused(f"{SAYS} ({operation} of {urn.rpartition('::')[2]})")


def main(name: str) -> None:
    """Serve the plugin ``name`` until the engine ends."""
    home, serve = Home.find(), server.serve

    def troubled(backend: Backend, version: str, folder: Path | None = None) -> None:
        for operation in ("create", "update", "delete"):
            setattr(backend, operation, _at_times(home, operation, getattr(backend, operation)))
        serve(backend, version, folder)

    setattr(server, "serve", troubled)  # noqa: B010 - in the place of what the plugin's own module takes
    runpy.run_module(MODULES[name], run_name="__main__", alter_sys=True)


def _at_times(home: Home, operation: str, calm: Callable[..., Any]) -> Callable[..., Any]:
    def method(*resources: Any) -> Any:
        _meet(home, operation, resources[-1].urn)
        return calm(*resources)

    return method


if __name__ == "__main__":
    main(sys.argv.pop(1))
