"""Whatever is changed in a signed release by who has no key to it: refused, saying which file and why."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from isthmus.cli.main import app
from serving.pull import PullConfig, pull
from tests.serving.conftest import BUCKET
from tests.serving.small_release import SmallRelease, make
from training.release import (
    SIGNATURE,
    ReleaseDamaged,
    SignatureRefused,
    Store,
    describe,
    new_key,
    read,
    read_signature,
    sign,
    verify,
    write,
    write_signature,
)
from training.target_hardware import MANIFEST

DIGEST = "DIGEST"
Tamper = Callable[[Path], object]


def refusal(release: Path, trusted: str) -> str:
    """The sentence of ``isthmus release verify``."""
    done = CliRunner().invoke(app, ["release", "verify", str(release), "--trusted-keys", trusted])
    assert isinstance(done.exception, (ReleaseDamaged, SignatureRefused)), (done.output, done.exception)
    return str(done.exception)


@pytest.fixture
def signed(release: SmallRelease, signing_key: str, tmp_path: Path) -> Path:
    folder = Path(shutil.copytree(release.directory, tmp_path / "signed"))
    write_signature(folder, sign(release.digest, signing_key))
    return folder


def one_bit(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 4
    path.write_bytes(content)


def folder_there(path: Path) -> None:
    path.unlink()
    path.mkdir()


WAYS: dict[str, tuple[Tamper, str]] = {
    "a bit of it changed": (one_bit, "has the SHA-256"),
    "its last byte gone": (lambda path: path.write_bytes(path.read_bytes()[:-1]), "bytes instead of"),
    "something added to it": (lambda path: path.write_bytes(path.read_bytes() + b" "), "bytes instead of"),
    "removed": (Path.unlink, "is missing"),
    "a folder in its place": (folder_there, "is missing"),
}


def test_every_file_of_a_release_in_every_way(signed: Path, trusted: str, tmp_path: Path) -> None:
    listed = [file.path for file in read(signed).files]
    assert "model.onnx" in listed
    for name in listed:
        for way, (tamper, why) in WAYS.items():
            other = Path(shutil.copytree(signed, tmp_path / f"{name} {way}"))
            tamper(other / name)
            with pytest.raises(ReleaseDamaged) as refused:
                verify(other)
            told = str(refused.value)
            assert told.startswith(f"release file {name} "), way
            assert why in told, way
        renamed = Path(shutil.copytree(signed, tmp_path / f"{name} renamed"))
        (renamed / name).rename(renamed / f"other-{name}")
        with pytest.raises(ReleaseDamaged, match=f"release file {re.escape(name)} is missing"):
            verify(renamed)
    first, second = listed[:2]
    (signed / first).rename(signed / "aside")
    (signed / second).rename(signed / first)
    (signed / "aside").rename(signed / second)
    assert f"release file {first} has" in refusal(signed, trusted)


def test_what_is_added_is_named(signed: Path, trusted: str) -> None:
    (signed / "more.onnx").write_bytes(b"")
    assert "release file more.onnx is not listed in the manifest" in refusal(signed, trusted)


def test_a_manifest_that_was_edited_is_refused_with_and_without_its_digest(
    signed: Path, trusted: str
) -> None:
    digest = read(signed).digest()
    text = (signed / MANIFEST).read_text()
    (signed / MANIFEST).write_text(text.replace('"rows":', '"rows" :'))
    assert f"release file {MANIFEST} is not in canonical form" in refusal(signed, trusted)
    # By who knows what belongs to it: model, manifest and digest fit together, the signature is another's.
    (signed / MANIFEST).write_text(text)
    one_bit(signed / "model.onnx")
    manifest = read(signed).model_copy(update={"files": describe(signed)})
    (signed / MANIFEST).write_bytes(manifest.to_bytes())
    assert f"release file {MANIFEST} has the digest {manifest.digest()} instead of {digest}" in refusal(
        signed, trusted
    )
    write(signed, manifest)
    told = refusal(signed, trusted)
    assert f"{SIGNATURE} is for {digest}, and not for {manifest.digest()}" in told
    write_signature(signed, read_signature(signed).model_copy(update={"digest": manifest.digest()}))
    assert f"{SIGNATURE} is false for {manifest.digest()}" in refusal(signed, trusted)
    write_signature(signed, sign(manifest.digest(), new_key()))
    assert "which is not trusted here" in refusal(signed, trusted)
    (signed / SIGNATURE).unlink()
    assert "the release was not validated" in refusal(signed, trusted)


def test_a_signature_of_another_time_and_what_is_none_are_refused(signed: Path, trusted: str) -> None:
    later = read_signature(signed).model_copy(update={"signed_at": "2031-01-01T00:00:00Z"})
    write_signature(signed, later)
    assert f"{SIGNATURE} is false for" in refusal(signed, trusted)
    (signed / SIGNATURE).write_text("{}")
    assert f"{SIGNATURE} is not a signature" in refusal(signed, trusted)
    (signed / DIGEST).write_text("sha256:" + "0" * 64)
    assert f"release file {MANIFEST} has the digest" in refusal(signed, trusted)


def test_an_older_release_in_the_place_of_the_pinned_one_is_not_served(
    release: SmallRelease, store: Store, s3: Any, trusted: str, signing_key: str, tmp_path: Path
) -> None:
    """Its own signature is good, and it is another one than the stack file names."""
    older = make(tmp_path / "older", seed=7)
    store.push(older.directory)
    store.sign(sign(older.digest, signing_key))
    for name in (*(file.path for file in older.manifest.files), MANIFEST, SIGNATURE):
        old, pinned = (f"releases/{one.digest.removeprefix('sha256:')}/{name}" for one in (older, release))
        s3.copy_object(Bucket=BUCKET, Key=pinned, CopySource={"Bucket": BUCKET, "Key": old})
    wanted = PullConfig(
        release=release.digest,
        bucket=BUCKET,
        trusted_keys=(trusted,),
        repository=tmp_path / "models",
        onnx_backend="python",
    )
    with pytest.raises(SignatureRefused, match=f"is for {older.digest}, and not for {release.digest}"):
        pull(wanted, store)
    store.sign(sign(release.digest, signing_key))
    with pytest.raises(ReleaseDamaged, match=rf"{MANIFEST} in s3://{BUCKET} has the digest {older.digest}"):
        pull(wanted, store)
    assert not wanted.repository.exists()
