"""What the last transfer brought, as training and data stage read it."""

from __future__ import annotations

import logging

from training.errors import TrainingError
from training.features.training_data import Shared, TrainingData, read_training_data
from training.settings import TrainingSettings
from training.transfer.bucket import BatchBucket
from training.transfer.manifest import MANIFEST_KEY, TransferManifest, describe

logger = logging.getLogger(__name__)


def read_transferred(
    bucket: BatchBucket, settings: TrainingSettings, shared: Shared | None = None
) -> TrainingData:
    """Read what the last transfer brought, ``shared`` by the workers of the run.

    Raises:
        TrainingError: when there was none.
    """
    content = bucket.get(MANIFEST_KEY)
    where = f"s3://{bucket.name}/{MANIFEST_KEY}"
    if content is None:
        raise TrainingError(f"{where} is not there: no transfer has ended yet; run the transfer first")
    data = read_training_data(bucket, TransferManifest.from_bytes(content, where), settings, None, shared)
    logger.info(f"orders: {describe(data.manifest.cleaning)}")
    return data
