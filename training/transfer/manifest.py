"""The manifest of a transfer: written last, and the only door by which training finds a batch."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from training.errors import TrainingError
from training.transfer.batch import BatchEntry

MANIFEST_KEY = "orders/manifest.json"
BATCH_PREFIX = "orders/batches/"
HELD_BACK_MANIFEST_KEY = "held-back/manifest.json"
HELD_BACK_PREFIX = "held-back/batches/"
REJECTS_MANIFEST_KEY = "rejects/manifest.json"
REJECTS_PREFIX = "rejects/batches/"


class TransferManifest(BaseModel):
    """The batches of one transfer, oldest day first, and what cleaning left out of them."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: Literal[1] = 1
    batches: tuple[BatchEntry, ...]
    cleaning: dict[str, int]
    key_id: str | None = None
    """Which key of the private site's ring made the pseudonyms; None where there are none."""
    orders: dict[str, Any] = {}
    """What of the section ``orders`` can change the rows and is not as by default."""

    @model_validator(mode="after")
    def _days_are_in_order(self) -> TransferManifest:
        days = [batch.day for batch in self.batches]
        if days != sorted(set(days)):
            raise ValueError("batches must be one per day, oldest first")
        return self

    @property
    def digest(self) -> str:
        """``sha256:<hex>`` over days and checksums of the batches."""
        total = hashlib.sha256()
        for batch in self.batches:
            total.update(f"{batch.day} {batch.sha256}\n".encode())
        return f"sha256:{total.hexdigest()}"

    def to_bytes(self) -> bytes:
        """JSON, indented for people."""
        return self.model_dump_json(indent=1).encode() + b"\n"

    @classmethod
    def of(
        cls,
        entries: Iterable[BatchEntry],
        counts: Counter[str],
        key_id: str | None = None,
        orders: Mapping[str, Any] | None = None,
    ) -> TransferManifest:
        """A manifest of batches in any order."""
        return cls(
            batches=tuple(sorted(entries, key=lambda entry: entry.day)),
            cleaning={name: counts[name] for name in sorted(counts)},
            key_id=key_id,
            orders=dict(orders or {}),
        )

    @classmethod
    def from_bytes(cls, content: bytes, where: str) -> TransferManifest:
        """Parse a manifest; TrainingError naming ``where`` it is when it is not one."""
        try:
            return cls.model_validate_json(content)
        except ValidationError as error:
            first = error.errors()[0]
            key = ".".join(str(part) for part in first["loc"]) or "the file"
            raise TrainingError(
                f"{where} is not the manifest of a transfer: {key}: {first['msg']}; run the transfer again"
            ) from None


def describe(counts: dict[str, int]) -> str:
    """Cleaning counts in one line: rows read, kept, and left out by reason."""
    left_out = {name: n for name, n in counts.items() if name not in ("read", "kept") and n}
    reasons = ", ".join(f"{n:,} {name.replace('_', ' ')}" for name, n in sorted(left_out.items()))
    return f"{counts['read']:,} rows read, {counts['kept']:,} kept; left out: {reasons or 'none'}"
