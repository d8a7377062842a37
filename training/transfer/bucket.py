"""A bucket that keeps batches with their checksums."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from training.errors import StoreFailed, TrainingError
from training.transfer.batch import BatchEntry


class BatchBucket:
    """Batches in one bucket of an S3 API.

    Args:
        name: the bucket.
        client: a boto3 S3 client.
        server_checksums: whether the store checks ChecksumSHA256 itself (AWS does; others may not know it).
    """

    def __init__(self, name: str, client: Any, server_checksums: bool) -> None:
        self.name, self.client, self._server_checksums = name, client, server_checksums

    def holds(self, entry: BatchEntry) -> bool:
        """Whether a batch is there already, with the same size and SHA-256."""
        try:
            head = self.client.head_object(Bucket=self.name, Key=entry.key)
        except ClientError as error:
            if error.response["Error"]["Code"] in {"404", "NoSuchKey", "NotFound"}:
                return False
            raise self._failed("read", entry.key, error) from error
        except BotoCoreError as error:
            raise self._failed("read", entry.key, error) from error
        return bool(head["ContentLength"] == entry.size and head["Metadata"].get("sha256") == entry.sha256)

    def put(self, key: str, content: bytes) -> None:
        """Write an object; the store refuses it when the bytes arrive changed."""
        digest = hashlib.sha256(content).digest()
        extra = {"ChecksumSHA256": base64.b64encode(digest).decode()} if self._server_checksums else {}
        try:
            self.client.put_object(
                Bucket=self.name, Key=key, Body=content, Metadata={"sha256": digest.hex()}, **extra
            )
        except (ClientError, BotoCoreError) as error:
            raise self._failed("written", key, error) from error

    def get(self, key: str) -> bytes | None:
        """An object's bytes; None when there is none."""
        try:
            body: bytes = self.client.get_object(Bucket=self.name, Key=key)["Body"].read()
        except ClientError as error:
            if error.response["Error"]["Code"] in {"404", "NoSuchKey", "NotFound"}:
                return None
            raise self._failed("read", key, error) from error
        except BotoCoreError as error:
            raise self._failed("read", key, error) from error
        return body

    def batch(self, entry: BatchEntry) -> bytes:
        """A batch, checked against the manifest's checksum.

        Raises:
            TrainingError: when it is missing or not what the manifest lists.
        """
        content = self.get(entry.key)
        if content is None:
            raise TrainingError(f"s3://{self.name}/{entry.key} is missing; run the transfer again")
        if (actual := hashlib.sha256(content).hexdigest()) != entry.sha256:
            raise TrainingError(
                f"s3://{self.name}/{entry.key} has the SHA-256 {actual} instead of {entry.sha256}; "
                "delete it and run the transfer again"
            )
        return content

    def _failed(self, verb: str, key: str, error: Exception) -> StoreFailed:
        return StoreFailed(f"s3://{self.name}/{key} cannot be {verb}: {error}")
