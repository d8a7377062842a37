"""One file to one key by multipart upload: in parallel, every part checked, resumed after any kill.

A killed upload leaves its finished parts with the store. The next run finds them (ListMultipartUploads,
ListParts), keeps those that are what the file says, and sends the others. Every part goes with its SHA-256,
by which the store refuses it when it arrives changed; afterwards the checksum that the store made of all
parts is compared with the file's. A store that checks nothing itself is found out by it: the changed parts
are looked for, named and sent again, and the others are copied where they are.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from isthmus.errors import StoreFailed
from training.transfer.parts import Part, base64_of, composite, digest, parts_of
from training.transfer.upload_limits import BytesSent, UploadLimits

logger = logging.getLogger(__name__)

Parts = dict[int, dict[str, Any]]
"""Parts as ListParts tells them, by number."""
ROUNDS = 3
"""How often a part is sent before the line is called broken."""
REFUSED = {"BadDigest", "InvalidDigest", "XAmzContentChecksumMismatch", "XAmzContentSHA256Mismatch"}
"""Error codes of a store that computed another checksum than was sent."""


class ChecksumMismatch(StoreFailed):
    """Parts arrived changed, however often they were sent."""


class _Lost(Exception):
    """Another process has ended or aborted this upload."""


@dataclass
class Upload:
    """The upload of one file.

    Attributes:
        client: of S3.
        bucket: to.
        key: to.
        path: the file; it must not change.
        metadata: kept with the object.
        limits: how the line is used.
        checksums: whether the store knows SHA-256. Else parts are compared by their ETag, which is an MD5.
        progress: takes bytes as they leave.
        sent_again: numbers of the parts that had arrived changed.
    """

    client: Any
    bucket: str
    key: str
    path: Path
    metadata: dict[str, str]
    limits: UploadLimits
    checksums: bool
    progress: BytesSent | None = None
    sent_again: list[int] = field(default_factory=list)
    _etags: dict[int, str] = field(default_factory=dict)
    _digests: dict[int, bytes] = field(default_factory=dict)

    @cached_property
    def parts(self) -> tuple[Part, ...]:
        """The parts."""
        return parts_of(self.path.stat().st_size, self.limits.settings.part_bytes)

    def run(self) -> None:
        """Bring the file there.

        Raises:
            ChecksumMismatch: naming the parts.
        """
        for _ in range(ROUNDS):
            try:
                self._once()
                return
            except _Lost:
                logger.info(f"{self._where}: another transfer ended this upload; it is begun anew")
        raise StoreFailed(f"{self._where} is being uploaded by another transfer; let one end first")

    def _once(self) -> None:
        upload, held = self._unfinished()
        self._etags = {number: stored["ETag"] for number, stored in held.items()}
        missing = self._differing(held)
        for _ in range(ROUNDS):
            self._send(upload, missing)
            missing = [] if self.checksums else self._differing(self._parts(upload))
            if not missing:
                break
        else:
            raise ChecksumMismatch(f"{self._where}: {_named(missing)} arrived changed {ROUNDS} times")
        self._complete(upload)
        for _ in range(ROUNDS - 1):
            if self._is_whole():
                return
            missing = self._mend()
        if not self._is_whole():
            self.client.delete_object(Bucket=self.bucket, Key=self.key)
            raise ChecksumMismatch(f"{self._where}: {_named(missing)} arrived changed {ROUNDS} times")

    @property
    def _where(self) -> str:
        return f"s3://{self.bucket}/{self.key}"

    def _unfinished(self) -> tuple[str, Parts]:
        """The newest upload of this key that nobody finished, else a new one; older ones are thrown away."""
        pages = self.client.get_paginator("list_multipart_uploads").paginate(
            Bucket=self.bucket, Prefix=self.key
        )
        found = [each for page in pages for each in page.get("Uploads", ()) if each["Key"] == self.key]
        found.sort(key=lambda each: (each["Initiated"], each["UploadId"]))
        sizes = {part.number: part.size for part in self.parts}
        usable: tuple[str, Parts] | None = None
        for upload in (each["UploadId"] for each in reversed(found)):
            held = self._parts(upload)
            cut_alike = all(sizes.get(number) == stored["Size"] for number, stored in held.items())
            if usable is None and cut_alike:
                usable = (upload, held)
            else:
                self.client.abort_multipart_upload(Bucket=self.bucket, Key=self.key, UploadId=upload)
        return usable or (self._begun(), {})

    def _begun(self) -> str:
        extra = {"ChecksumAlgorithm": "SHA256", "ChecksumType": "COMPOSITE"} if self.checksums else {}
        begun = self.client.create_multipart_upload(
            Bucket=self.bucket, Key=self.key, Metadata=self.metadata, **extra
        )
        return str(begun["UploadId"])

    def _parts(self, upload: str) -> Parts:
        pages = self.client.get_paginator("list_parts").paginate(
            Bucket=self.bucket, Key=self.key, UploadId=upload
        )
        with _lost():
            return {stored["PartNumber"]: stored for page in pages for stored in page.get("Parts", ())}

    def _differing(self, held: Parts) -> list[Part]:
        """The parts that the store lacks or holds otherwise than the file; the latter are named."""
        present = [part for part in self.parts if part.number in held]
        with self._pool() as pool:
            same = list(pool.map(lambda part: self._agrees(part, held[part.number]), present))
        for part, agrees in zip(present, same, strict=True):
            if not agrees:
                self._tell(part, "is not what the file says")
        good = {part for part, agrees in zip(present, same, strict=True) if agrees}
        return [part for part in self.parts if part not in good]

    def _agrees(self, part: Part, held: dict[str, Any]) -> bool:
        """Whether a part is held as the file has it: by its SHA-256, else by its ETag, which is an MD5."""
        if "ChecksumSHA256" in held:
            return bool(held["ChecksumSHA256"] == base64_of(self._digest(part)))
        return bool(held["ETag"].strip('"') == digest(self.path, part, "md5").hex())

    def _digest(self, part: Part) -> bytes:
        if part.number not in self._digests:
            self._digests[part.number] = digest(self.path, part)
        return self._digests[part.number]

    def _send(self, upload: str, missing: Iterable[Part]) -> None:
        self._each(missing, lambda part: self._send_one(upload, part))

    def _each(self, parts: Iterable[Part], work: Callable[[Part], object]) -> None:
        with self._pool() as pool:
            working = [pool.submit(work, part) for part in parts]
            try:
                for future in working:
                    future.result()
            except BaseException:
                # What is on its way may arrive; the next run keeps it.
                pool.shutdown(wait=False, cancel_futures=True)
                raise

    def _send_one(self, upload: str, part: Part) -> None:
        extra = {"ChecksumSHA256": base64_of(self._digest(part))} if self.checksums else {}
        for left in reversed(range(ROUNDS)):
            with self.limits.body(self.path, part, self.progress) as body, _lost():
                try:
                    response = self.client.upload_part(
                        Bucket=self.bucket,
                        Key=self.key,
                        UploadId=upload,
                        PartNumber=part.number,
                        Body=body,
                        **extra,
                    )
                    self._etags[part.number] = response["ETag"]
                    return
                except ClientError as error:
                    if error.response["Error"]["Code"] not in REFUSED:
                        raise
                    if not left:
                        raise ChecksumMismatch(
                            f"{self._where}: {_named([part])} was refused {ROUNDS} times: {error}"
                        ) from error
            self._tell(part, "arrived changed and was refused")

    def _complete(self, upload: str) -> None:
        parts = [
            {"PartNumber": part.number, "ETag": self._etags[part.number]}
            | ({"ChecksumSHA256": base64_of(self._digest(part))} if self.checksums else {})
            for part in self.parts
        ]
        with _lost():
            self.client.complete_multipart_upload(
                Bucket=self.bucket, Key=self.key, UploadId=upload, MultipartUpload={"Parts": parts}
            )

    def _is_whole(self) -> bool:
        """Whether the checksum that the store made of the parts that it got is that of the file."""
        if not self.checksums:
            return True
        response = self.client.head_object(Bucket=self.bucket, Key=self.key, ChecksumMode="ENABLED")
        expected = composite([self._digest(part) for part in self.parts])
        return bool(response.get("ChecksumSHA256", expected).split("-")[0] == expected)

    def _mend(self) -> list[Part]:
        """Find the parts that are not the file's, send them again, and copy the others where they are."""
        changed = [part for part in self.parts if self._read_back(part) != self._digest(part)]
        for part in changed:
            self._tell(part, "arrived changed")
        upload = self._begun()
        self._each(
            [part for part in self.parts if part not in changed], lambda part: self._copy(upload, part)
        )
        self._send(upload, changed)
        self._complete(upload)
        return changed

    def _read_back(self, part: Part) -> bytes:
        held = self.client.get_object(Bucket=self.bucket, Key=self.key, Range=part.range)
        total = hashlib.sha256()
        for block in held["Body"].iter_chunks(1 << 18):
            total.update(block)
        return total.digest()

    def _copy(self, upload: str, part: Part) -> None:
        response = self.client.upload_part_copy(
            Bucket=self.bucket,
            Key=self.key,
            UploadId=upload,
            PartNumber=part.number,
            CopySource={"Bucket": self.bucket, "Key": self.key},
            CopySourceRange=part.range,
        )
        self._etags[part.number] = response["CopyPartResult"]["ETag"]

    def _tell(self, part: Part, what: str) -> None:
        self.sent_again.append(part.number)
        logger.info(f"{self._where}: {_named([part])} of {len(self.parts)} {what}; it is sent again")

    def _pool(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(self.limits.settings.at_once, "part")


class _lost:  # noqa: N801 (reads as a statement)
    """Turns the store's "no such upload" into ``_Lost``."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, ClientError) and error.response["Error"]["Code"] == "NoSuchUpload":
            raise _Lost from error


def _named(parts: list[Part]) -> str:
    numbers = ", ".join(str(part.number) for part in parts)
    return f"part {numbers}" if len(parts) == 1 else f"parts {numbers}"
