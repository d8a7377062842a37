"""The version of the ranking's features and labels, by content."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from isthmus.source_digest import source_digest

NOT_FEATURES = frozenset(
    {"__main__.py", "calibration.py", "export.py", "folder.py", "measure.py", "normalise.py", "ranker.py"}
    | {"recommend.py", "parallel.py", "stage.py", "train.py"}
)
"""What comes after the features; any other file of ``training/ranking``, a new one too, may decide one."""


@cache
def ranking_features_version() -> str:
    """``sha256:<hex>`` over the code from raw orders to the windows of label days."""
    here = Path(__file__).parent
    files = [path for path in sorted(here.rglob("*.py")) if path.name not in NOT_FEATURES]
    return source_digest("orders/cleaning.py", *(path.relative_to(here.parent).as_posix() for path in files))
