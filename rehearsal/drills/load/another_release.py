"""A second release for the estate's bucket: the first one's files under another digest, signed as it was."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from rehearsal.orders import throwaway_keys
from training.release import Manifest, Store, describe, read, sign, write
from training.release.directory import DIGEST, VALIDATION
from training.release.signature import SIGNATURE
from training.target_hardware import MANIFEST

_NOT_OF_IT = (DIGEST, MANIFEST, SIGNATURE, VALIDATION)


def offer(
    store: Store, digest: str, note: str, folder: Path, spoil: Callable[[Path], None] = lambda _: None
) -> str:
    """Put a release into the bucket that differs from ``digest`` by a note in its settings; its digest.

    ``spoil`` may change its files before they are written down and signed: what a validation lets through.
    """
    whole = store.pull(digest, folder / "pulled")
    made = folder / f"release-{note}"
    shutil.rmtree(made, ignore_errors=True)
    made.mkdir(parents=True)
    manifest: Manifest = read(whole)
    for file in whole.iterdir():
        if file.name not in _NOT_OF_IT:
            shutil.copy(file, made)
    spoil(made)
    changed = manifest.model_copy(
        update={"files": describe(made), "settings": {**manifest.settings, "drill": note}}
    )
    write(made, changed)
    pushed = store.push(made)
    store.sign(sign(pushed, throwaway_keys().signing))
    return pushed


__all__ = ["offer"]
