"""Releases copied out of their bucket and back into one, each under its digest and with its signature."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

from isthmus.atomic_files import atomic_write
from training.release.directory import VALIDATION, verify
from training.release.errors import ReleaseError
from training.release.signature import read_signature, verify_signature
from training.release.store import Store

RELEASES = "releases"
LATEST = "latest.json"

Say = Callable[[str], None]


def save(store: Store, folder: Path, trusted: Sequence[str], say: Say) -> list[str]:
    """Copy every signed release of a bucket into ``folder``; the digests. The same call goes on after a stop.

    Each is a folder that appears when it is whole. One without a signature is a candidate, and left out.

    Args:
        store: the releases.
        folder: of the backup.
        trusted: public keys; a signature by any other stops it.
        say: is told of each release.

    Raises:
        ReleaseDamaged: a file is not the one that the manifest lists.
        SignatureRefused: a signature is false, or by a key that is not trusted.
    """
    # Also of a bucket without a release: the backup of such an estate can be brought back, too.
    (folder / RELEASES).mkdir(parents=True, exist_ok=True)
    saved = []
    digests = store.digests()
    for number, digest in enumerate(digests, 1):
        signature = store.signature(digest)
        if signature is None:
            say(f"{number} of {len(digests)}: {digest} has no signature, and is left out")
            continue
        verify_signature(signature, digest, trusted)
        store.pull(digest, folder / RELEASES)
        saved.append(digest)
        say(f"{number} of {len(digests)}: {digest} is saved")
    latest = store.latest()
    if latest is not None and latest["digest"] in saved:
        atomic_write(folder / LATEST, json.dumps(latest, sort_keys=True).encode())
    return saved


def bring_back(store: Store, folder: Path, trusted: Sequence[str], say: Say) -> list[str]:
    """Put the releases of a backup into a bucket; the digests. All are looked at before the first is sent.

    What is there already is skipped. ``latest.json`` is written only where the bucket has none: what is in
    service there stays.

    Raises:
        ReleaseError: the folder is no backup.
        ReleaseDamaged: a file is not the one that its manifest lists. Nothing was sent.
        SignatureRefused: a signature is missing, false, or by a key that is not trusted. Nothing was sent.
    """
    found = [each for each in sorted((folder / RELEASES).glob("[0-9a-f]*")) if each.is_dir()]
    if not (folder / RELEASES).is_dir():
        raise ReleaseError(f"{folder} has no {RELEASES}/: it is no backup of `isthmus backup`")
    signed = {}
    for directory in found:
        digest = verify(directory, f"sha256:{directory.name}").digest()
        signature = read_signature(directory)
        verify_signature(signature, digest, trusted)
        signed[digest] = (directory, signature)
    for number, (digest, (directory, signature)) in enumerate(signed.items(), 1):
        store.push(directory)
        if (directory / VALIDATION).is_file():
            store.set_validation(digest, json.loads((directory / VALIDATION).read_bytes()))
        # Last: what is signed is whole.
        store.sign(signature)
        say(f"{number} of {len(signed)}: {digest} is there")
    if (folder / LATEST).is_file() and store.latest() is None:
        latest = json.loads((folder / LATEST).read_bytes())["digest"]
        if latest in signed:
            store.set_latest(signed[latest][1])
    return list(signed)


__all__ = ["bring_back", "save"]
