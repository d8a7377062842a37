"""Releases come back from a backup as they were, or not at all."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.training.conftest import client, keys
from tests.training.release.test_release import KEY, OTHER, make
from training import release as r
from training.release.backup import bring_back, save

TRUSTED = [r.public_key(KEY)]


@pytest.fixture
def filled(tmp_path: Path, s3_url: str, bucket: Callable[[str], str]) -> tuple[r.Store, str]:
    """A bucket with a signed release in service."""
    store = r.Store(bucket("filled"), client(s3_url))
    digest = make(tmp_path / "made")
    store.push(tmp_path / "made")
    store.set_validation(digest, {"recall": 0.5})
    signature = r.sign(digest, KEY)
    store.sign(signature)
    store.set_latest(signature)
    return store, digest


def contents(store: r.Store) -> dict[str, bytes]:
    s3: Any = store.client
    return {key: s3.get_object(Bucket=store.bucket, Key=key)["Body"].read() for key in keys(s3, store.bucket)}


def test_an_empty_bucket_becomes_what_the_saved_one_was(
    tmp_path: Path, filled: tuple[r.Store, str], s3_url: str, bucket: Callable[[str], str]
) -> None:
    store, digest = filled
    told: list[str] = []
    folder = tmp_path / "backup"
    assert save(store, folder, TRUSTED, told.append) == [digest]
    assert save(store, folder, TRUSTED, told.append) == [digest]  # goes on, and finds it there
    empty = r.Store(bucket("empty"), client(s3_url))
    assert bring_back(empty, folder, TRUSTED, told.append) == [digest]
    assert contents(empty) == contents(store)
    # What is in service stays, and what is there is not sent again.
    other = r.sign(digest, OTHER)
    empty.set_latest(other)
    bring_back(empty, folder, TRUSTED, told.append)
    assert empty.latest() == {"digest": digest, "signed_at": other.signed_at}


def test_a_stopped_backup_goes_on(tmp_path: Path, filled: tuple[r.Store, str]) -> None:
    store, digest = filled
    folder = tmp_path / "backup"
    aside = folder / "releases" / f".{digest.removeprefix('sha256:')}.part"
    aside.mkdir(parents=True)
    (aside / r.ONNX_MODEL).write_bytes(b"half")
    assert save(store, folder, TRUSTED, print) == [digest]
    assert not aside.exists()


def test_a_candidate_is_left_out_and_a_stranger_stops_it(tmp_path: Path, filled: tuple[r.Store, str]) -> None:
    store, digest = filled
    with pytest.raises(r.SignatureRefused, match="not trusted here"):
        save(store, tmp_path / "other", [r.public_key(OTHER)], print)
    store.client.delete_object(
        Bucket=store.bucket, Key=f"releases/{digest.removeprefix('sha256:')}/signature.json"
    )
    told: list[str] = []
    assert save(store, tmp_path / "backup", TRUSTED, told.append) == []
    assert "has no signature" in told[0]


def test_nothing_is_sent_of_a_backup_that_somebody_changed(
    tmp_path: Path, filled: tuple[r.Store, str], s3_url: str, bucket: Callable[[str], str]
) -> None:
    store, digest = filled
    folder = tmp_path / "backup"
    save(store, folder, TRUSTED, print)
    empty = r.Store(bucket("untouched"), client(s3_url))
    directory = folder / "releases" / digest.removeprefix("sha256:")
    whole = (directory / r.ONNX_MODEL).read_bytes()
    (directory / r.ONNX_MODEL).write_bytes(b"other" + whole[5:])
    with pytest.raises(r.ReleaseDamaged, match=r.ONNX_MODEL):
        bring_back(empty, folder, TRUSTED, print)
    (directory / r.ONNX_MODEL).write_bytes(whole)
    (directory / "signature.json").unlink()
    with pytest.raises(r.SignatureRefused):
        bring_back(empty, folder, TRUSTED, print)
    shutil.rmtree(folder / "releases")
    with pytest.raises(r.ReleaseError, match="is no backup"):
        bring_back(empty, folder, TRUSTED, print)
    assert contents(empty) == {}
