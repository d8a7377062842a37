"""A release as a directory: written once, read, and checked file by file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from isthmus.atomic_files import atomic_write
from isthmus.file_digest import sha256_of
from isthmus.os_errors import as_sentences
from training.release.errors import ReleaseDamaged, ReleaseError, reading
from training.release.manifest import File, Manifest, digest_of
from training.release.signature import SIGNATURE
from training.target_hardware import MANIFEST

DIGEST = "DIGEST"
"""A one-line file that names the release, beside the manifest it is the digest of."""
VALIDATION = "validation.json"
"""Scores on held-back orders, made after the release was sealed, so no part of its digest."""
NOT_LISTED = frozenset({MANIFEST, SIGNATURE, DIGEST, VALIDATION})


def describe(directory: Path) -> tuple[File, ...]:
    """The files of a directory that a manifest must list, sorted by path."""
    paths = sorted(path for path in directory.iterdir() if path.name not in NOT_LISTED)
    return tuple(File(path=path.name, size=path.stat().st_size, sha256=sha256_of(path)) for path in paths)


def write(directory: Path, manifest: Manifest) -> str:
    """Seal a directory that holds the files of ``manifest``: check them, write the manifest last.

    Returns:
        The digest.

    Raises:
        ReleaseDamaged: when a file is missing, differs, or is not listed.
    """
    _check_files(directory, manifest)
    digest = manifest.digest()
    atomic_write(directory / DIGEST, f"{digest}\n".encode())
    atomic_write(directory / MANIFEST, manifest.to_bytes())
    return digest


def read(directory: Path) -> Manifest:
    """The manifest of a release directory (files not checked: that is ``verify``).

    Raises:
        ReleaseError: when there is none.
        ReleaseDamaged: when it cannot be what was written.
    """
    try:
        raw = (directory / MANIFEST).read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        raise ReleaseError(
            f"{directory} is not a release: it has no {MANIFEST}; make one with `isthmus train`"
        ) from None
    return Manifest.from_bytes(raw)


def read_validation(directory: Path) -> dict[str, Any] | None:
    """The scores of a release on held-back orders; None where it has none.

    Raises:
        ReleaseDamaged: when the file is not what a validation writes.
    """
    path = directory / VALIDATION
    if not path.exists():
        return None
    with as_sentences(), reading(VALIDATION):
        validation: dict[str, Any] = json.loads(path.read_bytes())
        for row in validation["scores"].values():
            for scores in row.values():
                float(scores["recall"])
        return validation


def verify(directory: Path, digest: str | None = None) -> Manifest:
    """Check a release directory against its digest, every file included.

    Args:
        directory: the release.
        digest: what it must be (``sha256:<hex>``); None takes the directory's own word, the file DIGEST.

    Returns:
        The manifest.

    Raises:
        ReleaseError: when the directory is not a release.
        ReleaseDamaged: naming the first bad file.
    """
    manifest = read(directory)
    actual = digest_of((directory / MANIFEST).read_bytes())
    expected = digest or _named_digest(directory)
    if actual != expected:
        raise ReleaseDamaged(MANIFEST, f"has the digest {actual} instead of {expected}")
    _check_files(directory, manifest)
    return manifest


def _named_digest(directory: Path) -> str:
    try:
        return (directory / DIGEST).read_text().strip()
    except (FileNotFoundError, UnicodeDecodeError):
        raise ReleaseDamaged(DIGEST, "is missing or not text") from None


def _check_files(directory: Path, manifest: Manifest) -> None:
    for file in manifest.files:
        path = directory / file.path
        if not path.is_file():
            raise ReleaseDamaged(file.path, "is missing")
        if (size := path.stat().st_size) != file.size:
            raise ReleaseDamaged(file.path, f"has {size} bytes instead of {file.size}")
        if (sha256 := sha256_of(path)) != file.sha256:
            raise ReleaseDamaged(file.path, f"has the SHA-256 {sha256} instead of {file.sha256}")
    listed = {file.path for file in manifest.files} | NOT_LISTED
    for path in sorted(directory.iterdir()):
        if path.name not in listed:
            raise ReleaseDamaged(path.name, "is not listed in the manifest")
