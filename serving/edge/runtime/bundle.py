"""A bundle as one file: a ZIP archive whose members are stored, in one order, without dates.

Nothing is ever unpacked: members are read from the archive into memory, so no name in it becomes a path; and
none may be compressed, so none is larger than the file.
"""

from __future__ import annotations

import hashlib
import io
import json
import stat
import struct
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from pydantic import ValidationError

from isthmus.os_errors import as_sentences
from serving.edge.runtime.errors import BundleRefused
from serving.edge.runtime.manifest import (
    DOMAIN,
    LIMIT_MB,
    LISTED,
    MANIFEST,
    MEGABYTE,
    RUNTIME,
    SIGNATURE,
    EdgeManifest,
)
from training.release.errors import SignatureRefused
from training.release.manifest import digest_of
from training.release.signature import Signature, verify_signature

_LONG_AGO = (1980, 1, 1, 0, 0, 0)
_UNIX = 3
_UNREADABLE = (
    zipfile.BadZipFile,
    NotImplementedError,  # a compression or a version that Python does not know
    RuntimeError,  # encrypted
    EOFError,
    LookupError,
    OSError,
    OverflowError,
    ValueError,
    struct.error,
)
"""What Python's zipfile raises of a file that is none, or cut."""


@dataclass(frozen=True)
class Bundle:
    """A bundle whose signature and every member were checked.

    Attributes:
        name: of its file, for sentences.
        manifest: what it says of itself.
        digest: of the manifest, ``sha256:<hex>``.
        members: their contents.
        raw: the whole file.
    """

    name: str
    manifest: EdgeManifest
    digest: str
    members: Mapping[str, bytes]
    raw: bytes

    def json(self, member: str) -> Any:
        """A member that is JSON."""
        return json.loads(self.members[member])

    def array(self, member: str) -> npt.NDArray[Any]:
        """A member that is an array."""
        array: npt.NDArray[Any] = np.load(io.BytesIO(self.members[member]), allow_pickle=False)
        return array


def archive(members: Mapping[str, bytes]) -> bytes:
    """The one file of these members; the same bytes wherever and whenever it is made."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as file:
        for name in sorted(members):
            entry = zipfile.ZipInfo(name, _LONG_AGO)
            entry.create_system = _UNIX
            entry.external_attr = (stat.S_IFREG | 0o644) << 16
            file.writestr(entry, members[name])
    return target.getvalue()


def read_bundle(path: Path, trusted: Sequence[str], limit_mb: float = LIMIT_MB) -> Bundle:
    """Read a bundle, and check its size, its signature and every member.

    Args:
        path: of the file.
        trusted: base64 public keys; one of them must have signed.
        limit_mb: in megabytes of 1,000,000 bytes; a larger file is not even read.

    Raises:
        BundleRefused: naming the file and what is wrong with it.
    """
    raw = _content(path, limit_mb)
    members = _members(path, raw)
    signed = members.get(MANIFEST)
    signature = members.get(SIGNATURE)
    if signed is None or signature is None:
        missing = MANIFEST if signed is None else SIGNATURE
        raise BundleRefused(f"{path} has no {missing}, so it is no bundle of `isthmus edge pack`")
    digest = digest_of(signed)
    _verify(path, signature, digest, trusted)
    manifest = _manifest(path, signed)
    _check_members(path, manifest, members)
    return Bundle(path.name, manifest, digest, members, raw)


def _content(path: Path, limit_mb: float) -> bytes:
    limit = int(limit_mb * MEGABYTE)
    try:
        # Looked at first: to open a pipe waits for somebody who writes.
        found = path.stat()
        if not stat.S_ISREG(found.st_mode):
            raise BundleRefused(f"{path} is no file; name a bundle of `isthmus edge pack`")
        with as_sentences(), path.open("rb") as file:
            # Memory for all that is asked for is taken at once.
            raw = file.read(min(limit, found.st_size) + 1)
    except FileNotFoundError:
        raise BundleRefused(
            f"{path} is not there; name a bundle that `isthmus edge pack` has written"
        ) from None
    if len(raw) > limit:
        raise BundleRefused(
            f"{path} has {path.stat().st_size / MEGABYTE:.1f} MB, more than the limit of {limit_mb:g} MB; "
            "pack fewer products, or raise --limit-mb"
        )
    return raw


def _members(path: Path, raw: bytes) -> dict[str, bytes]:
    """Names and contents, as the archive has them: nothing of them is trusted yet."""
    found: dict[str, bytes] = {}
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as file:
            for entry in file.infolist():
                if entry.filename not in {*LISTED, MANIFEST, SIGNATURE} or entry.filename in found:
                    raise BundleRefused(
                        f"{path} holds the member {entry.filename[:80]!r}, which no bundle has, or has once"
                    )
                if entry.compress_type != zipfile.ZIP_STORED or entry.file_size != entry.compress_size:
                    raise BundleRefused(
                        f"{path}: the member {entry.filename} is compressed, which no bundle's is; "
                        "it was not unpacked"
                    )
                found[entry.filename] = file.read(entry)
    except _UNREADABLE as error:
        reason = " ".join(str(error).split())[:120] or type(error).__name__
        raise BundleRefused(
            f"{path} is no bundle, or is cut short or damaged ({reason}); fetch it again"
        ) from None
    return found


def _verify(path: Path, signature: bytes, digest: str, trusted: Sequence[str]) -> None:
    try:
        read = Signature.from_bytes(signature)
    except SignatureRefused:
        raise BundleRefused(f"{path}: its {SIGNATURE} is no signature; pack the bundle again") from None
    try:
        verify_signature(read, digest, trusted, DOMAIN)
    except SignatureRefused as refused:
        raise BundleRefused(f"{path}: {refused}") from None


def _manifest(path: Path, signed: bytes) -> EdgeManifest:
    # Told before the whole is read: a later format may have other fields.
    try:
        needed = int(json.loads(signed)["minimum_runtime"])
    except (ValueError, KeyError, TypeError):
        raise BundleRefused(
            f"{path}: its {MANIFEST} says nothing of a runtime; pack the bundle again"
        ) from None
    if needed > RUNTIME:
        raise BundleRefused(
            f"{path} needs runtime {needed}, and this one is {RUNTIME}; install a later isthmus on the device"
        )
    try:
        return EdgeManifest.model_validate_json(signed)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the file"
        raise BundleRefused(f"{path}: {MANIFEST}: {where}: {first['msg']}; pack the bundle again") from None


def _check_members(path: Path, manifest: EdgeManifest, members: Mapping[str, bytes]) -> None:
    listed = {file.path for file in manifest.files}
    if listed != LISTED:
        raise BundleRefused(f"{path}: {MANIFEST} does not list what a bundle holds; pack the bundle again")
    for file in manifest.files:
        content = members.get(file.path)
        if content is None:
            raise BundleRefused(f"{path}: {file.path} is missing; fetch the bundle again")
        if len(content) != file.size or hashlib.sha256(content).hexdigest() != file.sha256:
            raise BundleRefused(f"{path}: {file.path} is not what was signed; fetch the bundle again")
