"""``python -m tests.rehearsal.plugins.busy_plugin NAME FOLDER``: a stand-in whose cloud takes its time.

A creation or a question is at work from the file FOLDER/begun on, and ends when there is FOLDER/done.
"""

from __future__ import annotations

import runpy
import sys
import time
from pathlib import Path
from typing import Any

from rehearsal.engine.plugins import MODULES
from rehearsal.plugins import server
from rehearsal.plugins.backend import Backend, Created


def main(name: str, folder: Path) -> None:
    """Serve the plugin ``name`` with such a cloud."""
    serve = server.serve

    def busy(backend: Backend, version: str, notes: Path | None = None) -> None:
        def work() -> None:
            (folder / "begun").touch()
            while not (folder / "done").exists():
                time.sleep(0.02)

        def create(*_: Any) -> Created:
            work()
            return Created("made", {})

        def invoke(*_: Any) -> dict[str, Any]:
            work()
            return {}

        def note(_: str) -> str:
            return ""

        for method in (create, invoke, note):
            setattr(backend, method.__name__, method)
        serve(backend, version, notes)

    setattr(server, "serve", busy)  # noqa: B010 - another signature
    runpy.run_module(MODULES[name], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main(sys.argv.pop(1), Path(sys.argv.pop(1)))
