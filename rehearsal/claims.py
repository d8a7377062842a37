"""Where all homes of this user tell each other what they hold of this machine: addresses, ports."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path


def folder(kind: str) -> Path:
    """The folder of the claims of one kind, made when it is missing."""
    # Not platformdirs' runtime folder: it warns where there is no XDG_RUNTIME_DIR, as in most containers.
    base = os.environ.get("XDG_RUNTIME_DIR") or f"{tempfile.gettempdir()}/isthmus-{os.getuid()}"
    made = Path(base) / "isthmus" / kind
    made.mkdir(parents=True, exist_ok=True, mode=0o700)
    return made
