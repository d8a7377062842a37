"""A release is what was written and signed, or it is refused with the name of the file."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.training.conftest import client
from training import release as r

KEY, OTHER = r.new_key(), r.new_key()


def make(folder: Path) -> str:
    """A release of three products and two customers; its models are stand-in bytes."""
    folder.mkdir(parents=True)
    r.write_products(
        folder,
        [
            r.Product(index=n, product_code=f"1000{n}", description=f"P{n}", price=1.5, popularity_rank=n)
            for n in (1, 2, 3)
        ],
    )
    r.write_popular(folder, [1, 2, 3])
    r.write_report(folder, {"losses": [2.0, 1.0]})
    r.Customers(
        ["aa", "bb"],
        np.array([[1, 2], [3, 0]], np.int32),
        np.array([[1, 0.5], [1, 0]], np.float32),
        np.zeros((2, 6), np.float32),
        [[2, 1], [3]],
    ).write(folder)
    (folder / r.ONNX_MODEL).write_bytes(b"onnx" * 50)
    (folder / r.KERAS_MODEL).write_bytes(b"keras" * 50)
    tensor = r.Tensor(name="history", dtype="int32", shape=(-1, 2))
    manifest = r.Manifest(
        files=r.describe(folder),
        window=r.Window(
            first_day=date(2011, 9, 1),
            last_day=date(2011, 9, 2),
            days=2,
            rows=3,
            orders_digest="sha256:" + "0" * 64,
        ),
        cleaning={"read": 3, "kept": 3},
        metrics={"loss_first_epoch": 2.0, "loss_last_epoch": 1.0},
        model=r.Model(
            inputs=(tensor,), outputs=(tensor,), items=3, history_length=2, top_k=3,
            parameters=10, opset=17, max_abs_difference=0.0, tolerance=1e-3,
        ),
        versions={"python": "3.11"},
        settings={"seed": 1},
        seeds={"all": 1},
    )  # fmt: skip
    return r.write(folder, manifest)


@pytest.fixture(scope="module")
def sealed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("release") / "one"
    r.write_signature(folder, r.sign(make(folder), KEY))
    return folder


def test_what_is_written_is_read(sealed: Path) -> None:
    manifest = r.verify(sealed)
    assert r.Manifest.from_bytes(manifest.to_bytes()) == manifest
    assert [item.product_code for item in r.read_products(sealed)] == ["10001", "10002", "10003"]
    customers = r.Customers.read(sealed)
    assert list(customers) == ["aa", "bb"]
    assert customers["aa"].last_bought == (2, 1)
    assert customers["bb"].history.tolist() == [3, 0]
    r.verify_signature(r.read_signature(sealed), manifest.digest(), [r.public_key(KEY)])


def test_same_content_same_digest(tmp_path: Path) -> None:
    assert make(tmp_path / "one") == make(tmp_path / "two")


@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_one_flipped_bit_anywhere_is_refused_by_name(
    sealed: Path, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    path = data.draw(st.sampled_from(sorted(sealed.iterdir())), label="file")
    bit = data.draw(st.integers(0, path.stat().st_size * 8 - 1), label="bit")
    digest = r.read(sealed).digest()
    broken = tmp_path_factory.mktemp("broken") / "one"
    shutil.copytree(sealed, broken)
    content = bytearray(path.read_bytes())
    content[bit // 8] ^= 1 << (bit % 8)
    (broken / path.name).write_bytes(content)
    trusted = [r.public_key(KEY)]
    if path.name == "DIGEST":
        with pytest.raises(r.ReleaseDamaged):
            r.verify(broken)
    elif path.name == r.SIGNATURE:
        try:
            read = r.read_signature(broken)
        except r.SignatureRefused:
            return
        if read == r.read_signature(sealed):
            return  # white space of the file, which says nothing
        with pytest.raises(r.SignatureRefused):
            r.verify_signature(read, digest, trusted)
    else:
        with pytest.raises(r.ReleaseDamaged, match=path.name.replace(".", r"\.")):
            r.verify(broken)


def test_file_that_is_missing_or_extra_is_refused_by_name(tmp_path: Path) -> None:
    make(tmp_path / "one")
    (tmp_path / "one" / "more.txt").write_text("x")
    with pytest.raises(r.ReleaseDamaged, match=r"more\.txt is not listed"):
        r.verify(tmp_path / "one")
    (tmp_path / "one" / "more.txt").unlink()
    (tmp_path / "one" / r.PRODUCTS).unlink()
    with pytest.raises(r.ReleaseDamaged, match=r"items\.json is missing"):
        r.verify(tmp_path / "one")


def test_signature_of_another_key_or_digest_is_refused(sealed: Path) -> None:
    digest = r.read(sealed).digest()
    with pytest.raises(r.SignatureRefused, match="not trusted here"):
        r.verify_signature(r.sign(digest, OTHER), digest, [r.public_key(KEY), "no base64!"])
    with pytest.raises(r.SignatureRefused, match="and not for"):
        r.verify_signature(r.sign("sha256:" + "1" * 64, KEY), digest, [r.public_key(KEY)])
    later = r.sign(digest, KEY).model_copy(update={"signed_at": "2030-01-01T00:00:00Z"})
    with pytest.raises(r.SignatureRefused, match="is false"):
        r.verify_signature(later, digest, [r.public_key(KEY)])


def test_release_goes_through_the_bucket_and_damage_there_is_named(
    tmp_path: Path, s3_url: str, bucket: Callable[[str], str]
) -> None:
    digest = make(tmp_path / "made")
    store = r.Store(bucket("releases"), client(s3_url))
    assert store.push(tmp_path / "made") == digest
    assert store.digests() == [digest]
    signature = r.sign(digest, KEY)
    store.sign(signature)
    store.set_latest(signature)
    pulled = store.pull((store.latest() or {})["digest"], tmp_path / "here")
    assert r.read_signature(pulled) == signature
    assert r.verify(pulled, digest) == r.read(tmp_path / "made")

    key = f"releases/{digest.removeprefix('sha256:')}/{r.PRODUCTS}"
    content = bytearray(store.client.get_object(Bucket=store.bucket, Key=key)["Body"].read())
    content[10] ^= 1
    store.client.put_object(Bucket=store.bucket, Key=key, Body=bytes(content))
    with pytest.raises(r.ReleaseDamaged, match=r"items\.json"):
        store.pull(digest, tmp_path / "there")
    assert not (tmp_path / "there" / digest.removeprefix("sha256:")).exists()
    assert store.push(tmp_path / "made") == digest  # what is damaged there is sent again
    store.pull(digest, tmp_path / "there")


def test_interrupted_pull_goes_on(tmp_path: Path, s3_url: str, bucket: Callable[[str], str]) -> None:
    digest = make(tmp_path / "made")
    store = r.Store(bucket("releases"), client(s3_url))
    store.push(tmp_path / "made")
    aside = tmp_path / "here" / f".{digest.removeprefix('sha256:')}.part"
    aside.mkdir(parents=True)
    (aside / r.PRODUCTS).write_bytes((tmp_path / "made" / r.PRODUCTS).read_bytes())
    (aside / r.ONNX_MODEL).write_bytes(b"half")
    store.pull(digest, tmp_path / "here")
    assert not aside.exists()


def test_unknown_digest_is_one_sentence(s3_url: str, bucket: Callable[[str], str]) -> None:
    store = r.Store(bucket("releases"), client(s3_url))
    with pytest.raises(r.ReleaseError, match="has no release sha256:"):
        store.manifest("sha256:" + "2" * 64)
    with pytest.raises(r.ReleaseError, match="is not the digest of a release"):
        store.manifest("latest")
