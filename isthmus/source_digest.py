"""The version of this code, by its content: changed code is another run."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path


@cache
def source_digest(*only: str) -> str:
    """``sha256:<hex>`` over the names and contents of all Python files of ``training``.

    Args:
        only: paths under ``training`` (files or folders); none means all of it.
    """
    root = Path(__file__).parents[1] / "training"
    total = hashlib.sha256()
    for path in sorted(root.rglob("*.py")):
        if only and not any(path.is_relative_to(root / one) for one in only):
            continue
        content = path.read_bytes()
        total.update(f"{path.relative_to(root).as_posix()} {len(content)}\n".encode())
        total.update(content)
    return f"sha256:{total.hexdigest()}"
