"""What is known of an image that was built here, in ``dist/images/<tag>/``: its SBOM, size and digest."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from isthmus.atomic_files import atomic_write
from isthmus.source_digest import ROOT

FOLDER = Path("dist") / "images"
SBOM = "sbom.cdx.json"
RECORD = "image.json"
SIGNATURE = "signature.json"


class Built(BaseModel):
    """One image: where it went, and what it was made of."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    image: str
    tag: str
    revision: str
    size: int
    pushed: str = ""
    """Repository that it was pushed to; "" before that."""
    digest: str = ""
    """``sha256:...``, known once it was pushed."""


def folder(tag: str, root: Path = ROOT) -> Path:
    """Where the record of an image is kept."""
    return root / FOLDER / tag


def write(built: Built, root: Path = ROOT) -> None:
    """Keep a record."""
    atomic_write(folder(built.tag, root) / RECORD, built.model_dump_json(indent=1).encode() + b"\n")


def read(tag: str, root: Path = ROOT) -> Built | None:
    """The record of an image; None where there is none, or none that can be read."""
    try:
        return Built.model_validate_json((folder(tag, root) / RECORD).read_bytes())
    except (FileNotFoundError, ValidationError):
        return None
