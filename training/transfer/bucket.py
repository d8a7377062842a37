"""A bucket that keeps batches with their checksums."""

from __future__ import annotations

import hashlib
import logging
import threading
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from isthmus.errors import StoreFailed
from isthmus.object_store import Bucket, ExpectedCode
from training.errors import TrainingError
from training.transfer.parts import Part, base64_of, composite, digest, parts_of
from training.transfer.upload import REFUSED, ROUNDS, ChecksumMismatch, Upload
from training.transfer.upload_limits import BytesSent, UploadLimits

logger = logging.getLogger(__name__)

if TYPE_CHECKING:  # what only sends files needs no pandas
    from training.transfer.batch import BatchEntry

_UNKNOWN = {"NotImplemented", "MethodNotAllowed", "XNotImplemented"}
_MOST_AT_ONCE = 1000
"""Keys that one DeleteObjects takes."""


class BatchBucket(Bucket):
    """Batches in one bucket of an S3 API.

    Args:
        name: the bucket.
        client: a boto3 S3 client.
        server_checksums: whether the store checks ChecksumSHA256 itself (AWS does; others may not know it).
        limits: how the line to it is used; one for all buckets behind the same line.
    """

    takes_away = True
    """Whether a transfer takes away batches that no manifest names any more."""

    def __init__(
        self, name: str, client: Any, server_checksums: bool, limits: UploadLimits | None = None
    ) -> None:
        super().__init__(name, client)
        self._server_checksums = server_checksums
        self.limits = limits or UploadLimits()
        self._one_large_file = threading.Lock()
        if client is not None:
            self.limits.attach(client, server_checksums)

    def holds(self, entry: BatchEntry, path: Path | None = None) -> bool:
        """Whether a batch is there already: its size, its SHA-256, and what the store says of its bytes.

        ``path``: the batch's file, against whose parts the store's own checksum is held where there is one.
        """
        head = self.head(entry.key, **({"ChecksumMode": "ENABLED"} if self._server_checksums else {}))
        if head is None or (head["ContentLength"], head["Metadata"].get("sha256")) != (
            entry.size,
            entry.sha256,
        ):
            return False
        checksum, _, count = str(head.get("ChecksumSHA256", "")).partition("-")
        if path is None or not checksum or checksum == base64_of(bytes.fromhex(entry.sha256)):
            return True
        parts = parts_of(entry.size, self.limits.settings.part_bytes)
        if count and int(count) != len(parts):  # sent in parts of another size
            return True
        return checksum == composite([digest(path, part) for part in parts])

    def send(
        self,
        entry: BatchEntry,
        path: Path,
        progress: BytesSent | None = None,
    ) -> int:
        """Bring a batch's file there; parts sent again because they had arrived changed.

        Raises:
            ChecksumMismatch: naming the parts that never arrived as they were.
            StoreFailed: the store cannot be reached, or refuses.
        """
        if entry.size > self.limits.settings.part_bytes:
            upload = Upload(
                client=self.client,
                bucket=self.name,
                key=entry.key,
                path=path,
                metadata={"sha256": entry.sha256},
                limits=self.limits,
                checksums=self._server_checksums,
                progress=progress,
            )
            with self._one_large_file, self.speaking("written", entry.key):
                upload.run()
            return len(upload.sent_again)
        whole = Part(1, 0, entry.size)
        for turn in range(ROUNDS):
            with self.limits.body(path, whole, progress) as body:
                if self._put(entry.key, body, entry.sha256, digest(path, whole, "md5")):
                    return turn
            logger.info(f"s3://{self.name}/{entry.key} arrived changed; it is sent again")
        raise ChecksumMismatch(f"s3://{self.name}/{entry.key} arrived changed {ROUNDS} times")

    def put(self, key: str, content: bytes, **more: Any) -> None:
        """Write an object; the store refuses it when the bytes arrive changed."""
        md5 = hashlib.md5(content, usedforsecurity=False).digest()
        if not self._put(key, content, hashlib.sha256(content).hexdigest(), md5, **more):
            raise ChecksumMismatch(f"s3://{self.name}/{key} arrived changed; run the transfer again")

    def _put(self, key: str, body: Any, sha256: str, md5: bytes, **more: Any) -> bool:
        """False when it arrived changed, by the store's word or by the ETag that it tells."""
        checksum = base64_of(bytes.fromhex(sha256))
        extra = more | ({"ChecksumSHA256": checksum} if self._server_checksums else {})
        try:
            with self.speaking("written", key, but=REFUSED):
                response = self.client.put_object(
                    Bucket=self.name, Key=key, Body=body, Metadata={"sha256": sha256}, **extra
                )
        except ExpectedCode:
            return False
        if "ChecksumSHA256" in response:
            return bool(response["ChecksumSHA256"] == checksum)
        # An object under a KMS key has an ETag that is no MD5.
        if "aws:kms" in response.get("ServerSideEncryption", ""):
            return True
        return bool(response.get("ETag", "").strip('"') == md5.hex())

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

    def batch_file(self, entry: BatchEntry, folder: Path) -> Path:
        """The same as a file, below ``folder``."""
        path = folder / f"{entry.day}.parquet"
        path.write_bytes(self.batch(entry))
        return path

    def erase(self, prefix: str, keys: Collection[str]) -> None:
        """Delete objects under a prefix in all their versions, and uploads of them that nobody finished."""
        if not keys:
            return
        with self.speaking("deleted", prefix):
            doomed = self._versions(prefix, keys)
            for start in range(0, len(doomed), _MOST_AT_ONCE):
                response = self.client.delete_objects(
                    Bucket=self.name, Delete={"Objects": doomed[start : start + _MOST_AT_ONCE], "Quiet": True}
                )
                for failed in response.get("Errors", ()):
                    raise StoreFailed(
                        f"s3://{self.name}/{failed['Key']} cannot be deleted: {failed.get('Message')}"
                    )

    def abort(self, prefix: str) -> None:
        """Throw away unfinished uploads under a prefix."""
        with suppress(ExpectedCode), self.speaking("cleared of unfinished uploads", prefix, but=_UNKNOWN):
            pages = self.client.get_paginator("list_multipart_uploads").paginate(
                Bucket=self.name, Prefix=prefix
            )
            for each in [each for page in pages for each in page.get("Uploads", ())]:
                self.client.abort_multipart_upload(
                    Bucket=self.name, Key=each["Key"], UploadId=each["UploadId"]
                )

    def _versions(self, prefix: str, keys: Collection[str]) -> list[dict[str, str]]:
        found: list[dict[str, str]] = []
        with suppress(ExpectedCode), self.speaking("deleted", prefix, but=_UNKNOWN):
            pages = self.client.get_paginator("list_object_versions").paginate(
                Bucket=self.name, Prefix=prefix
            )
            found = [
                {"Key": each["Key"], "VersionId": each["VersionId"]}
                for page in pages
                for each in (*page.get("Versions", ()), *page.get("DeleteMarkers", ()))
                if each["Key"] in keys
            ]
        return found or [{"Key": key} for key in sorted(keys)]
