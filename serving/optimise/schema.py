"""The JSON Schema of ``optimised.json``: ``python -m serving.optimise.schema`` writes it into ``docs/``."""

from __future__ import annotations

import json
from pathlib import Path

from isthmus.atomic_files import atomic_write
from serving.optimise.record import Optimised

SCHEMA = Path("docs") / "optimised.schema.json"


def schema() -> bytes:
    """As the file holds it."""
    return json.dumps(Optimised.model_json_schema(), indent=1, sort_keys=True).encode() + b"\n"


if __name__ == "__main__":
    atomic_write(SCHEMA, schema())
