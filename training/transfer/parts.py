"""The parts of a file as S3 counts them, and their checksums, read from disk a little at a time."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MOST_PARTS = 10_000
"""Amazon S3 user guide, "Amazon S3 multipart upload limits"."""
_READ = 1 << 18


@dataclass(frozen=True)
class Part:
    """Part ``number`` (from 1) of a file: ``size`` bytes from ``offset``."""

    number: int
    offset: int
    size: int

    @property
    def range(self) -> str:
        """The part in HTTP's header ``Range``."""
        return f"bytes={self.offset}-{self.offset + self.size - 1}"


def parts_of(size: int, part_bytes: int) -> tuple[Part, ...]:
    """Cut ``size`` bytes into parts of ``part_bytes``, larger ones where they would be too many."""
    step = max(part_bytes, -(-size // MOST_PARTS))
    return tuple(
        Part(number, offset, min(step, size - offset))
        for number, offset in enumerate(range(0, size, step), 1)
    )


def digest(path: Path, part: Part, algorithm: str = "sha256") -> bytes:
    """The digest of one part, in memory for one block."""
    total: Any = hashlib.new(algorithm, usedforsecurity=False)
    left = part.size
    with path.open("rb") as file:
        file.seek(part.offset)
        while left and (block := file.read(min(_READ, left))):
            total.update(block)
            left -= len(block)
    result: bytes = total.digest()
    return result


def base64_of(value: bytes) -> str:
    """A digest as S3 writes checksums."""
    return base64.b64encode(value).decode()


def composite(digests: list[bytes]) -> str:
    """What S3 calls the SHA-256 of a multipart object: that of its parts' digests.

    S3 appends ``-`` and the number of parts, which not every store does.
    Source: Amazon S3 user guide, "Checking object integrity", "Composite checksums".
    """
    return base64_of(hashlib.sha256(b"".join(digests)).digest())
