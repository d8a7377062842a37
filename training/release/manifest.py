"""The manifest of a release: what it is made of, from what, by what, and how good it is.

A release is named by its digest, ``sha256:<hex>``, the SHA-256 of the bytes of ``manifest.json``. Those bytes
are canonical JSON (keys sorted, no spaces, UTF-8), so that a manifest can be written in one way only. No time
of day and no duration is part of it: the same data, settings, seeds and versions give the same digest.
"""

from __future__ import annotations

import hashlib
import json
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from training.release.errors import ReleaseDamaged
from training.target_hardware import MANIFEST, TargetHardware

if TYPE_CHECKING:
    from training.transfer.manifest import TransferManifest

FORMAT = 1
PSEUDONYM_KEY = "pseudonym_key"
"""A key of ``versions``, not a field of its own: readers of format 1 refuse fields that are new to them."""

Hex = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Digest = Annotated[str, Field(pattern=r"^sha256:[0-9a-f]{64}$")]
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")]


class Part(BaseModel):
    """Base of everything in a manifest: unknown keys are refused, values do not change."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class File(Part):
    """One file of a release. ``size`` in bytes; ``sha256`` in lower-case hexadecimal."""

    path: Name
    size: Annotated[int, Field(ge=0)]
    sha256: Hex


class Window(Part):
    """The days of orders that the release learned from, both included, and how many there were."""

    first_day: date
    last_day: date
    days: Annotated[int, Field(ge=1)]
    rows: Annotated[int, Field(ge=0)]
    orders_digest: Digest
    """SHA-256 over the checksums of the batches, in the order of their days."""

    @classmethod
    def of(cls, transferred: TransferManifest) -> Window:
        """The window of a transfer."""
        batches = transferred.batches
        return cls(
            first_day=batches[0].day,
            last_day=batches[-1].day,
            days=len(batches),
            rows=sum(batch.rows for batch in batches),
            orders_digest=transferred.digest,
        )


class Tensor(Part):
    """An input or output of ``model.onnx``; -1 in ``shape`` is the batch."""

    name: Name
    dtype: Literal["int32", "float32"]
    shape: tuple[int, ...]


class Model(Part):
    """What serving must know to ask ``model.onnx`` (see ``training.release`` for the meaning of each)."""

    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]
    items: Annotated[int, Field(ge=1)]
    """Number of products; indices run from 1 to this number, 0 is padding."""
    history_length: Annotated[int, Field(ge=1)]
    top_k: Annotated[int, Field(ge=1)]
    parameters: Annotated[int, Field(ge=1)]
    opset: int
    max_abs_difference: Annotated[float, Field(ge=0)]
    """Largest |ONNX score - Keras score| that was seen when the export was checked."""
    tolerance: Annotated[float, Field(gt=0)]


class Manifest(Part):
    """Everything that a release says of itself; ``digest()`` is its name."""

    format: Literal[1] = 1
    files: tuple[File, ...]
    window: Window
    cleaning: dict[str, int]
    """Rows read, kept, and left out by reason."""
    metrics: dict[str, float]
    model: Model
    versions: dict[str, str]
    settings: dict[str, Any]
    seeds: dict[str, int]
    target_hardware: TargetHardware = TargetHardware()

    @model_validator(mode="after")
    def _files_are_named_once_in_order(self) -> Manifest:
        paths = [file.path for file in self.files]
        if paths != sorted(set(paths)) or MANIFEST in paths:
            raise ValueError("files must be listed once each, sorted by path, without the manifest itself")
        return self

    @property
    def pseudonym_key(self) -> str | None:
        """The id of the key that customers are named with, from which the key cannot be found; None where the
        release is older than such ids."""
        return self.versions.get(PSEUDONYM_KEY)

    def to_bytes(self) -> bytes:
        """Canonical JSON: the only bytes that ``manifest.json`` may hold."""
        plain = self.model_dump(mode="json")
        return json.dumps(
            plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
        ).encode()

    @classmethod
    def from_bytes(cls, raw: bytes) -> Manifest:
        """Parse ``manifest.json``.

        Raises:
            ReleaseDamaged: when it is not JSON, not a manifest of this format, or not in canonical form.
        """
        try:
            manifest = cls.model_validate_json(raw)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"]) or "the file"
            raise ReleaseDamaged(
                MANIFEST, f"is not a manifest of format {FORMAT}: {where}: {first['msg']}"
            ) from None
        if manifest.to_bytes() != raw:
            raise ReleaseDamaged(MANIFEST, "is not in canonical form, so it was changed after it was written")
        return manifest

    def digest(self) -> str:
        """``sha256:<hex>`` of the canonical bytes."""
        return digest_of(self.to_bytes())


def digest_of(raw: bytes) -> str:
    """``sha256:<hex>`` of some bytes."""
    return f"sha256:{hashlib.sha256(raw).hexdigest()}"
