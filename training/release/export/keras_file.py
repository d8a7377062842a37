"""``model.keras`` without the time of day in it."""

from __future__ import annotations

import json
import tempfile
import zipfile
from pathlib import Path
from typing import Any

_LONG_AGO = (1980, 1, 1, 0, 0, 0)


def save_keras(model: Any, path: Path) -> None:
    """Save a Keras model; entries in order, without dates, so that equal models are equal files."""
    with tempfile.TemporaryDirectory() as folder:
        raw = Path(folder) / "model.keras"
        model.save(raw)
        with zipfile.ZipFile(raw) as source, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
            for name in sorted(source.namelist()):
                content = source.read(name)
                if name == "metadata.json":
                    metadata = json.loads(content)
                    metadata.pop("date_saved", None)
                    content = json.dumps(metadata, sort_keys=True).encode()
                elif name == "config.json":
                    content = json.dumps(_numbered(json.loads(content), {})).encode()
                entry = zipfile.ZipInfo(name, _LONG_AGO)
                entry.compress_type = zipfile.ZIP_DEFLATED
                target.writestr(entry, content)


def _numbered(config: Any, numbers: dict[int, int]) -> Any:
    """Keras names a shared object by its address in memory; number them as they come instead."""
    if isinstance(config, dict):
        return {
            key: numbers.setdefault(value, len(numbers))
            if key == "shared_object_id"
            else _numbered(value, numbers)
            for key, value in config.items()
        }
    return [_numbered(value, numbers) for value in config] if isinstance(config, list) else config
