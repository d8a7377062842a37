"""A study that several pods work on: where its trials and checkpoints are, and whose trial is whose."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from isthmus.object_store import Bucket, aws_client
from training.fit.checkpoint import Objects, open_objects

BEST = "tuned.yaml"
"""The best settings so far, under the place: what a pull request carries."""


@dataclass(frozen=True)
class Shared:
    """One of the pods that work on a study.

    Args:
        index: completion index of the pod. A pod that comes back under it takes its trials up.
        place: ``s3://BUCKET/PREFIX`` or a folder that all pods have; for checkpoints and results.
        storage_url: a database that SQLAlchemy knows, for the trials; None keeps them at the place too.
    """

    index: int
    place: str
    storage_url: str | None = None

    def storage(self, study: str) -> Any:
        """Optuna's storage of a study: a database, a journal in a bucket, or a journal in a file."""
        import optuna
        from optuna.storages.journal import JournalFileBackend

        if self.storage_url:
            return optuna.storages.RDBStorage(self.storage_url, engine_kwargs={"pool_pre_ping": True})
        parts = urlsplit(self.place)
        if parts.scheme == "s3":
            from training.operations.tuning.journal import BucketJournal

            prefix = f"{parts.path.strip('/')}/{study}/journal/".lstrip("/")
            return optuna.storages.JournalStorage(BucketJournal(Bucket(parts.netloc, aws_client(), prefix)))
        file = Path(self.place) / study / "journal.log"
        file.parent.mkdir(parents=True, exist_ok=True)
        return optuna.storages.JournalStorage(JournalFileBackend(str(file)))

    @property
    def objects(self) -> Objects:
        """What lies at the place."""
        return open_objects(self.place, aws_client() if self.place.startswith("s3:") else None)

    def checkpoints(self, study: str, trial: int) -> str:
        """Where a trial's checkpoints are."""
        return f"{self.place.rstrip('/')}/{study}/checkpoints/{trial:04}"

    def drop_checkpoints(self, study: str, trial: int) -> None:
        """Delete a trial's checkpoints."""
        import shutil

        url = self.checkpoints(study, trial)
        parts = urlsplit(url)
        if parts.scheme != "s3":
            shutil.rmtree(url, ignore_errors=True)
            return
        bucket = Bucket(parts.netloc, aws_client(), parts.path.strip("/") + "/")
        for key in bucket.keys(""):
            bucket.delete(key)
