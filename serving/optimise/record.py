"""``optimised.json``: what was measured, by which rule one variant of each model was chosen, and its files.

It names the release by its digest, and lists each file with size and SHA-256 as a manifest does. Its own
digest can be signed by the same keys, under another domain. The release stays as it is: format, digest and
signature.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Literal

from pydantic import ValidationError

from isthmus.file_digest import sha256_of
from serving.optimise.choice import Rule
from serving.optimise.errors import OptimisedDamaged
from serving.optimise.rows import Part, Table
from training.release import SIGNATURE, File, read_signature, verify_signature
from training.release.manifest import digest_of

RECORD = "optimised.json"
DOMAIN = b"isthmus optimised release signature, version 1\n"


class Machine(Part):
    """Where it was measured: latencies are of this machine, one thread, in one process."""

    processor: str
    cores: int
    system: str
    load: float
    """Processes that wanted to run in the minute before; above the cores, others took their part."""


class Optimised(Part):
    """All of ``optimised.json``."""

    format: Literal[1] = 1
    release: str
    """Digest of the release."""
    measured_at: str
    """UTC, ISO 8601."""
    machine: Machine
    versions: dict[str, str]
    rule: Rule
    tables: tuple[Table, ...]
    files: tuple[File, ...]
    """The chosen models, one a stage."""

    def to_bytes(self) -> bytes:
        """The only bytes that the file may hold."""
        plain = self.model_dump(mode="json")
        return (
            json.dumps(plain, sort_keys=True, indent=1, ensure_ascii=False, allow_nan=False).encode() + b"\n"
        )

    def digest(self) -> str:
        """``sha256:<hex>`` of these bytes."""
        return digest_of(self.to_bytes())


def read_optimised(folder: Path, release: str | None = None, trusted: str | None = None) -> Optimised:
    """Read and check a folder of optimised models.

    Args:
        folder: as ``optimise`` made it.
        release: digest of the release that it must be of; None takes any.
        trusted: base64 public keys, comma-separated, of which one must have signed; None asks for none.

    Raises:
        OptimisedDamaged: naming the file that is missing, was changed or added, or the other release.
        SignatureRefused: when the signature is missing or not by one of the keys.
    """
    try:
        raw = (folder / RECORD).read_bytes()
        found = Optimised.model_validate_json(raw)
    except (FileNotFoundError, NotADirectoryError):
        raise OptimisedDamaged(
            f"{folder} has no {RECORD}; make it with `isthmus release optimise RELEASE`"
        ) from None
    except ValidationError as error:
        where = ".".join(str(part) for part in error.errors()[0]["loc"]) or "the file"
        raise OptimisedDamaged(
            f"{folder / RECORD} is not what was written ({where}: {error.errors()[0]['msg']}); make it again"
        ) from None
    if found.to_bytes() != raw:
        raise OptimisedDamaged(f"{folder / RECORD} was changed after it was written; make it again")
    if release is not None and found.release != release:
        raise OptimisedDamaged(f"{folder} was made of the release {found.release}, and not of {release}")
    if trusted is not None:
        verify_signature(read_signature(folder), found.digest(), trusted.split(","), DOMAIN)
    listed = {file.path: file for file in found.files}
    present = {path.name for path in folder.iterdir()} - {RECORD, SIGNATURE}
    for name in sorted(listed.keys() ^ present):
        raise OptimisedDamaged(
            f"{folder / name} {'was added' if name in present else 'is missing'}; make it again"
        )
    for name, file in listed.items():
        if sha256_of(folder / name) != file.sha256:
            raise OptimisedDamaged(f"{folder / name} was changed after it was chosen; make it again")
    return found
