"""The same batches in a folder of this machine: a laptop's stand-in for a bucket."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any

from isthmus.atomic_files import atomic_file, atomic_write
from isthmus.file_digest import sha256_of
from training.transfer.batch import BatchEntry
from training.transfer.bucket import BatchBucket
from training.transfer.upload_limits import BytesSent, UploadLimits


class BatchFolder(BatchBucket):
    """Batches under a folder, by the same keys as in a bucket.

    ``takes_away`` False keeps batches of other windows: runs with other settings that share the folder
    would otherwise take each other's batches away.
    """

    def __init__(self, folder: Path, takes_away: bool = False, limits: UploadLimits | None = None) -> None:
        super().__init__(folder.name, client=None, server_checksums=False, limits=limits)
        self.folder = folder
        self.takes_away = takes_away

    def address(self, key: str) -> str:
        return str(self.folder / key)

    def holds(self, entry: BatchEntry, path: Path | None = None) -> bool:  # noqa: ARG002
        target = self.folder / entry.key
        return target.is_file() and target.stat().st_size == entry.size and sha256_of(target) == entry.sha256

    def send(
        self,
        entry: BatchEntry,
        path: Path,
        progress: BytesSent | None = None,
    ) -> int:
        with atomic_file(self.folder / entry.key) as file:
            self.limits.copy(path, file, progress)
        return 0

    def batch_file(self, entry: BatchEntry, folder: Path) -> Path:
        path = self.folder / entry.key
        return path if self.holds(entry) else super().batch_file(entry, folder)

    def put(self, key: str, content: bytes, **_: Any) -> None:
        atomic_write(self.folder / key, content)

    def get(self, key: str) -> bytes | None:
        path = self.folder / key
        return path.read_bytes() if path.is_file() else None

    def keys(self, under: str, after: str = "") -> list[str]:  # noqa: ARG002
        files = (self.folder / under).glob("*.parquet")
        return sorted(path.relative_to(self.folder).as_posix() for path in files)

    def erase(self, prefix: str, keys: Collection[str]) -> None:  # noqa: ARG002
        for key in keys:
            (self.folder / key).unlink(missing_ok=True)

    def abort(self, prefix: str) -> None:
        """A folder has no unfinished uploads."""
