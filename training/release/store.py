"""Releases in an S3 bucket: pushed by training, signed by validation, pulled by serving.

Keys::

    releases/<hex>/<file>            the files of a release; manifest.json is written last
    releases/<hex>/signature.json    written by the validation job, and validation.json before it
    candidates/<name>.json           a release that waits for validation: {"digest", "created", ...}
    latest.json                      the release in service: {"digest", "signed_at"}
"""

from __future__ import annotations

import base64
import json
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from filelock import FileLock

from isthmus.atomic_files import atomic_write, put_in_place
from isthmus.file_digest import sha256_of
from isthmus.object_store import Bucket, aws_client
from training.release.directory import DIGEST, VALIDATION, verify
from training.release.errors import ReleaseDamaged, ReleaseError
from training.release.manifest import File, Manifest, digest_of
from training.release.signature import SIGNATURE, Signature
from training.target_hardware import MANIFEST

LATEST = "latest.json"


class Store:
    """The releases of one bucket.

    Args:
        bucket: its name.
        client: a boto3 S3 client; None makes one from the environment (AWS_ENDPOINT_URL, AWS_REGION).
    """

    def __init__(self, bucket: str, client: Any = None) -> None:
        self.bucket = bucket
        self.client = aws_client() if client is None else client
        self._bucket = Bucket(bucket, self.client)

    def push(self, directory: Path) -> str:
        """Upload a release; files that are there with the same SHA-256 are skipped. Returns its digest."""
        manifest = verify(directory)
        digest = manifest.digest()
        for file in manifest.files:
            key = _key(digest, file.path)
            stored = self._bucket.head(key)
            if stored is None or stored["Metadata"].get("sha256") != file.sha256:
                self._bucket.upload(
                    directory / file.path, key, ChecksumAlgorithm="SHA256", Metadata={"sha256": file.sha256}
                )
        # As in _put_json: a preview reads which GPUs it was made for.
        self._put(_key(digest, MANIFEST), manifest.to_bytes(), "application/json")
        return digest

    def pull(self, digest: str, into: Path) -> Path:
        """Bring a release to ``into/<hex>`` and check it; returns that directory.

        What an interrupted pull left aside is kept and used; the directory appears under its name only when
        every file is there and right. A directory that is there already is checked and returned.

        Raises:
            ReleaseError: when the bucket does not hold it.
            ReleaseDamaged: when a file is not the one that the manifest lists.
        """
        target = into / _hex(digest)
        into.mkdir(parents=True, exist_ok=True)
        with FileLock(into / f".{_hex(digest)}.lock"):
            if not target.exists():
                self._pull_aside(digest, into / f".{_hex(digest)}.part", target)
            verify(target, digest)
            self._refresh(digest, target)
        return target

    def manifest(self, digest: str) -> Manifest:
        """Only the manifest of a release, checked against the digest."""
        raw = self._bucket.get(_key(digest, MANIFEST))
        if raw is None:
            raise ReleaseError(
                f"the bucket {self.bucket} has no release {digest}; `isthmus release list` shows what it has"
            )
        if digest_of(raw) != digest:
            raise ReleaseDamaged(MANIFEST, f"in s3://{self.bucket} has the digest {digest_of(raw)}")
        return Manifest.from_bytes(raw)

    def digests(self) -> list[str]:
        """The releases of the bucket whose manifest is there, sorted."""
        keys = self._bucket.keys("releases/")
        return sorted(f"sha256:{key.split('/')[1]}" for key in keys if key.endswith(f"/{MANIFEST}"))

    def set_validation(self, digest: str, scores: dict[str, Any]) -> None:
        """Put the scores on held-back orders beside a release."""
        self._put_json(_key(digest, VALIDATION), scores)

    def validation(self, digest: str) -> dict[str, Any] | None:
        """The scores of a release on held-back orders; None when it was not validated."""
        return self._get_json(_key(digest, VALIDATION))

    def sign(self, signature: Signature) -> None:
        """Put a signature beside its release."""
        self._put(_key(signature.digest, SIGNATURE), signature.to_bytes())

    def signature(self, digest: str) -> Signature | None:
        """The signature of a release; None when it was not validated."""
        raw = self._bucket.get(_key(digest, SIGNATURE))
        return None if raw is None else Signature.from_bytes(raw)

    def latest(self) -> dict[str, str] | None:
        """``latest.json``: the release in service; None before the first."""
        found = self._get_json(LATEST)
        if found is not None:
            self._refuse_without_digest(found, LATEST)
        return found

    def set_latest(self, signature: Signature) -> None:
        """Move ``latest.json`` to a signed release."""
        self._put_json(LATEST, {"digest": signature.digest, "signed_at": signature.signed_at})

    def candidate(self, name: str) -> dict[str, Any] | None:
        """A release that waits for validation; None when there is none of that name."""
        found = self._get_json(f"candidates/{name}.json")
        if found is not None:
            self._refuse_without_digest(found, f"candidates/{name}.json")
        return found

    def _refuse_without_digest(self, entry: dict[str, Any], key: str) -> None:
        if not isinstance(entry.get("digest"), str):
            raise ReleaseError(
                f"s3://{self.bucket}/{key} names no digest; delete it, and run the job again that writes it"
            )

    def set_candidate(self, name: str, digest: str, **more: Any) -> None:
        """Name a release for validation. ``more`` may tell durations, which no manifest may hold."""
        created = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        self._put_json(f"candidates/{name}.json", {"digest": digest, "created": created, **more})

    def _pull_aside(self, digest: str, aside: Path, target: Path) -> None:
        manifest = self.manifest(digest)
        aside.mkdir(exist_ok=True)
        for file in manifest.files:
            self._download(digest, file, aside / file.path)
        listed = {file.path for file in manifest.files}
        for path in aside.iterdir():
            if path.name not in listed:
                path.unlink()
        (aside / DIGEST).write_text(f"{digest}\n")
        (aside / MANIFEST).write_bytes(manifest.to_bytes())
        try:
            verify(aside, digest)
        except ReleaseDamaged as damage:
            shutil.rmtree(aside)
            raise damage from None
        put_in_place(aside, target)

    def _download(self, digest: str, file: File, path: Path) -> None:
        if path.is_file() and path.stat().st_size == file.size and sha256_of(path) == file.sha256:
            return
        if not self._bucket.download(_key(digest, file.path), path):
            raise ReleaseDamaged(file.path, f"is missing in s3://{self.bucket}")

    def _refresh(self, digest: str, target: Path) -> None:
        """Bring what is written after the release: its scores and its signature."""
        for name in (VALIDATION, SIGNATURE):
            raw = self._bucket.get(_key(digest, name))
            if raw is None:
                (target / name).unlink(missing_ok=True)
            else:
                atomic_write(target / name, raw)

    def _get_json(self, key: str) -> dict[str, Any] | None:
        """An object of JSON; None when there is none.

        Raises:
            ReleaseError: when it is no JSON object.
        """
        raw = self._bucket.get(key)
        if raw is None:
            return None
        try:
            value = json.loads(raw)
        except ValueError:
            value = None
        if not isinstance(value, dict):
            raise ReleaseError(
                f"s3://{self.bucket}/{key} is no JSON object; delete it, and run the job again that writes it"
            )
        return value

    def _put(self, key: str, body: bytes, content_type: str = "application/octet-stream") -> None:
        checksum = base64.b64encode(bytes.fromhex(digest_of(body).removeprefix("sha256:"))).decode()
        self._bucket.put(key, body, ChecksumSHA256=checksum, ContentType=content_type)

    def _put_json(self, key: str, value: dict[str, Any]) -> None:
        # Pulumi's data source shows the body of an object only where the type says that it is text.
        self._put(key, json.dumps(value, sort_keys=True).encode(), "application/json")


def _key(digest: str, path: str) -> str:
    return f"releases/{_hex(digest)}/{path}"


def _hex(digest: str) -> str:
    kind, _, value = digest.partition(":")
    if kind != "sha256" or len(value) != 64 or set(value) - set("0123456789abcdef"):
        raise ReleaseError(f"{digest!r} is not the digest of a release; it looks like sha256:<64 hex digits>")
    return value
