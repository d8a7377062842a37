"""JSON files that are whole or absent, whatever is killed meanwhile."""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path
from typing import Any


def write(path: Path, value: Any, *, private: bool = False) -> None:
    """Write the value beside the file, then rename it; with ``private`` only its owner may read it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.parent / f".{path.name}.{os.getpid()}.{threading.get_ident()}"
    with os.fdopen(
        os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600 if private else 0o644), "w"
    ) as file:
        json.dump(value, file, indent=1, sort_keys=True)
    aside.replace(path)


def read(path: Path) -> Any:
    """The file's value, None where there is no whole file."""
    try:
        return json.loads(path.read_text())
    except (FileNotFoundError, NotADirectoryError, json.JSONDecodeError):
        return None
