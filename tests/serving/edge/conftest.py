"""One bundle for all tests of devices, and ways to make a worse one of it."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from serving.edge.pack import pack, write_bundle
from serving.edge.runtime.bundle import Bundle, read_bundle
from serving.edge.runtime.manifest import MANIFEST, SIGNATURE
from tests.serving.edge.small_device_release import make
from training.release import new_key, public_key
from training.release.manifest import File


@dataclass(frozen=True)
class Packed:
    """A release, the bundle made of it, and the key of both."""

    release: Path
    file: Path
    key: str

    @property
    def trusted(self) -> list[str]:
        return [public_key(self.key)]

    def read(self) -> Bundle:
        return read_bundle(self.file, self.trusted)


@pytest.fixture(scope="session")
def packed(tmp_path_factory: pytest.TempPathFactory) -> Packed:
    folder, key = tmp_path_factory.mktemp("edge"), new_key()
    release = make(folder / "release", key)
    pack(release, folder / "small.edge", key, [public_key(key)])
    return Packed(release, folder / "small.edge", key)


Again = Callable[..., Path]


@pytest.fixture
def again(packed: Packed, tmp_path: Path) -> Again:
    """The bundle with another manifest or other members, well signed all the same."""

    def make_again(name: str, members: dict[str, bytes] | None = None, **changed: Any) -> Path:
        bundle = packed.read()
        content = {k: v for k, v in bundle.members.items() if k not in (MANIFEST, SIGNATURE)} | (
            members or {}
        )
        files = tuple(
            File(path=path, size=len(raw), sha256=_sha256(raw)) for path, raw in sorted(content.items())
        )
        manifest = bundle.manifest.model_copy(update={"files": files, **changed})
        write_bundle(tmp_path / name, manifest, content, packed.key, datetime.now(UTC))
        return tmp_path / name

    return make_again


def _sha256(raw: bytes) -> str:
    import hashlib

    return hashlib.sha256(raw).hexdigest()


def offset_of(raw: bytes, member: str) -> int:
    """Where the content of a member begins."""
    with zipfile.ZipFile(io.BytesIO(raw)) as file:
        entry = file.getinfo(member)
    return entry.header_offset + 30 + len(entry.filename.encode())
