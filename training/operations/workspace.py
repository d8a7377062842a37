"""The folder in which a run on this machine keeps what would be in buckets."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from isthmus.source_digest import source_digest
from training.digest_scopes import CANDIDATE
from training.errors import TrainingError
from training.features.training_data import TrainingData, read_training_data
from training.fit.checkpoint import FolderObjects
from training.release import Manifest, ReleaseError, read
from training.settings import TrainingSettings
from training.transfer.folder import BatchFolder
from training.transfer.manifest import HELD_BACK_MANIFEST_KEY, MANIFEST_KEY, TransferManifest


@dataclass(frozen=True)
class Workspace:
    """``arrivals``, ``private``, ``checkpoints``, ``features`` and ``ranking`` under one folder.

    The same orders use the same folder.
    """

    folder: Path

    @classmethod
    def of(cls, orders_url: str, under: Path) -> Workspace:
        """The folder of these orders, so that the same command goes on where it was stopped."""
        return cls(under / hashlib.sha256(orders_url.encode()).hexdigest()[:16])

    @property
    def arrivals(self) -> BatchFolder:
        return BatchFolder(self.folder / "arrivals")

    @property
    def private(self) -> BatchFolder:
        return BatchFolder(self.folder / "private")

    @property
    def checkpoints(self) -> FolderObjects:
        return FolderObjects(self.folder / "checkpoints")

    def manifest(self, held_back: bool = False) -> TransferManifest:
        """The manifest of the last transfer."""
        bucket, key = (self.private, HELD_BACK_MANIFEST_KEY) if held_back else (self.arrivals, MANIFEST_KEY)
        content = bucket.get(key)
        if content is None:
            raise TrainingError(f"{bucket.folder / key} is not there; run `isthmus train` again")
        return TransferManifest.from_bytes(content, str(bucket.folder / key))

    @property
    def ranking(self) -> Path:
        """The windows of the ranking stage."""
        return self.folder / "ranking"

    def training_data(self, settings: TrainingSettings) -> TrainingData:
        """What to learn from."""
        return read_training_data(self.arrivals, self.manifest(), settings, self.folder / "features")


def is_made(release: Path, data: TrainingData) -> bool:
    """Whether a release directory is what these orders, settings and code would make."""
    try:
        manifest: Manifest = read(release)
    except ReleaseError:
        return False
    return (
        manifest.window.orders_digest == data.manifest.digest
        and manifest.settings == data.settings.recorded()
        and manifest.versions["code"] == source_digest(*CANDIDATE)
    )
