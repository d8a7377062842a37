"""One file to one key by multipart upload: in parallel, every part checked, resumed after any kill.

A killed upload leaves its finished parts with the store. The next run finds them (ListMultipartUploads,
ListParts), keeps those that are what the file says, and sends the others. Every part goes with its SHA-256,
by which the store refuses it when it arrives changed; before the upload is completed all parts are compared
once more with what the store says that it holds, and after it the whole object.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from training.errors import StoreFailed
from training.transfer.line import Line, Progress
from training.transfer.pieces import Piece, base64_of, composite, digest, pieces_of

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

    ``metadata`` is kept with the object. ``say`` takes a line for each part that is sent again.
    """

    client: Any
    bucket: str
    key: str
    path: Path
    metadata: dict[str, str]
    line: Line
    checksums: bool
    say: Callable[[str], None] = print
    progress: Progress | None = None
    sent_again: list[int] = field(default_factory=list)
    """Numbers of the parts that had arrived changed."""
    kept: int = 0
    """Bytes that an earlier, killed upload had brought."""

    @cached_property
    def pieces(self) -> tuple[Piece, ...]:
        return pieces_of(self.path.stat().st_size, self.line.settings.part_bytes)

    @cached_property
    def digests(self) -> dict[int, bytes]:
        """SHA-256 of every part, filled as the parts are sent."""
        return {}

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
                self.say(f"{self._where}: another transfer ended this upload; it is begun anew")
        raise StoreFailed(f"{self._where} is being uploaded by another transfer; let one end first")

    def _once(self) -> None:
        upload = self._unfinished() or self._begun()
        missing = self._differing(upload, tell=True)
        self.kept = sum(piece.size for piece in self.pieces) - sum(piece.size for piece in missing)
        for _ in range(ROUNDS):
            self._send(upload, missing)
            missing = self._differing(upload, tell=True)
            if not missing:
                break
        else:
            raise ChecksumMismatch(f"{self._where}: {_named(missing)} arrived changed {ROUNDS} times")
        self._complete(upload)

    @property
    def _where(self) -> str:
        return f"s3://{self.bucket}/{self.key}"

    def _unfinished(self) -> str | None:
        """The newest upload of this key that nobody finished; older ones are thrown away."""
        pages = self.client.get_paginator("list_multipart_uploads").paginate(
            Bucket=self.bucket, Prefix=self.key
        )
        found = [each for page in pages for each in page.get("Uploads", ()) if each["Key"] == self.key]
        found.sort(key=lambda each: (each["Initiated"], each["UploadId"]))
        usable: str | None = None
        for each in reversed(found):
            if usable is None and self._is_cut_alike(each["UploadId"]):
                usable = each["UploadId"]
            else:
                self._abort(each["UploadId"])
        return usable

    def _is_cut_alike(self, upload: str) -> bool:
        sizes = {piece.number: piece.size for piece in self.pieces}
        return all(sizes.get(number) == part["Size"] for number, part in self._parts(upload).items())

    def _begun(self) -> str:
        extra = {"ChecksumAlgorithm": "SHA256", "ChecksumType": "COMPOSITE"} if self.checksums else {}
        begun = self.client.create_multipart_upload(
            Bucket=self.bucket, Key=self.key, Metadata=self.metadata, **extra
        )
        return str(begun["UploadId"])

    def _parts(self, upload: str) -> dict[int, dict[str, Any]]:
        pages = self.client.get_paginator("list_parts").paginate(
            Bucket=self.bucket, Key=self.key, UploadId=upload
        )
        with _lost():
            return {part["PartNumber"]: part for page in pages for part in page.get("Parts", ())}

    def _differing(self, upload: str, tell: bool) -> list[Piece]:
        """The parts that the store lacks or holds otherwise than the file; the latter are named."""
        held = self._parts(upload)
        missing = [piece for piece in self.pieces if piece.number not in held]
        there = [piece for piece in self.pieces if piece.number in held]
        with self._pool() as pool:
            same = list(pool.map(lambda piece: self._agrees(piece, held[piece.number]), there))
        changed = [piece for piece, agrees in zip(there, same, strict=True) if not agrees]
        for piece in changed if tell else ():
            self._tell(piece, "is not what the file says")
        return sorted(missing + changed, key=lambda piece: piece.number)

    def _agrees(self, piece: Piece, held: dict[str, Any]) -> bool:
        """Whether a part is held as the file has it: by its SHA-256, else by its ETag, which is an MD5."""
        if held["Size"] != piece.size:
            return False
        if "ChecksumSHA256" in held:
            return bool(held["ChecksumSHA256"] == base64_of(self._digest(piece)))
        return bool(held["ETag"].strip('"') == digest(self.path, piece, "md5").hex())

    def _digest(self, piece: Piece) -> bytes:
        if piece.number not in self.digests:
            self.digests[piece.number] = digest(self.path, piece)
        return self.digests[piece.number]

    def _send(self, upload: str, missing: Iterable[Piece]) -> None:
        with self._pool() as pool:
            sending = [pool.submit(self._send_one, upload, piece) for piece in missing]
            try:
                for one in sending:
                    one.result()
            except BaseException:
                # What is on its way may arrive; the next run keeps it.
                pool.shutdown(wait=False, cancel_futures=True)
                raise

    def _send_one(self, upload: str, piece: Piece) -> None:
        extra = {"ChecksumSHA256": base64_of(self._digest(piece))} if self.checksums else {}
        for left in reversed(range(ROUNDS)):
            with self.line.body(self.path, piece, self.progress) as body, _lost():
                try:
                    self.client.upload_part(
                        Bucket=self.bucket,
                        Key=self.key,
                        UploadId=upload,
                        PartNumber=piece.number,
                        Body=body,
                        **extra,
                    )
                    return
                except ClientError as error:
                    if error.response["Error"]["Code"] not in REFUSED:
                        raise
                    if not left:
                        raise ChecksumMismatch(
                            f"{self._where}: {_named([piece])} was refused {ROUNDS} times: {error}"
                        ) from error
            self._tell(piece, "arrived changed and was refused")

    def _complete(self, upload: str) -> None:
        held = self._parts(upload)
        parts = [
            {"PartNumber": piece.number, "ETag": held[piece.number]["ETag"]}
            | ({"ChecksumSHA256": base64_of(self._digest(piece))} if self.checksums else {})
            for piece in self.pieces
        ]
        with _lost():
            self.client.complete_multipart_upload(
                Bucket=self.bucket, Key=self.key, UploadId=upload, MultipartUpload={"Parts": parts}
            )
        if not self.checksums:
            return
        told = self.client.head_object(Bucket=self.bucket, Key=self.key, ChecksumMode="ENABLED")
        expected = composite([self._digest(piece) for piece in self.pieces])
        if told.get("ChecksumSHA256", expected).split("-")[0] != expected:
            self.client.delete_object(Bucket=self.bucket, Key=self.key)
            raise ChecksumMismatch(
                f"{self._where} was put together wrongly: its parts' SHA-256 is {told['ChecksumSHA256']}, "
                f"not {expected}; it was deleted, run the transfer again"
            )

    def _abort(self, upload: str) -> None:
        self.client.abort_multipart_upload(Bucket=self.bucket, Key=self.key, UploadId=upload)

    def _tell(self, piece: Piece, what: str) -> None:
        self.sent_again.append(piece.number)
        self.say(f"{self._where}: {_named([piece])} of {len(self.pieces)} {what}; it is sent again")

    def _pool(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(self.line.settings.at_once, "part")


class _lost:  # noqa: N801 (reads as a statement)
    """Turns the store's "no such upload" into ``_Lost``."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, ClientError) and error.response["Error"]["Code"] == "NoSuchUpload":
            raise _Lost from error


def _named(pieces: list[Piece]) -> str:
    numbers = ", ".join(str(piece.number) for piece in pieces)
    return f"part {numbers}" if len(pieces) == 1 else f"parts {numbers}"
