"""The same batches in a folder of this machine: a laptop's stand-in for a bucket."""

from __future__ import annotations

from pathlib import Path

from training.release import sha256_of
from training.release.aside import write_aside
from training.transfer.batch import BatchEntry
from training.transfer.bucket import BatchBucket


class BatchFolder(BatchBucket):
    """Batches under a folder, by the same keys as in a bucket."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder.name, client=None, server_checksums=False)
        self.folder = folder

    def holds(self, entry: BatchEntry) -> bool:
        path = self.folder / entry.key
        return path.is_file() and path.stat().st_size == entry.size and sha256_of(path) == entry.sha256

    def put(self, key: str, content: bytes) -> None:
        write_aside(self.folder / key, content)

    def get(self, key: str) -> bytes | None:
        path = self.folder / key
        return path.read_bytes() if path.is_file() else None
