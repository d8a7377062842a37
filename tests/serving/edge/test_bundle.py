"""A bundle is made the same again, and refused when it is not what a trusted key has signed."""

from __future__ import annotations

import os
import random
import zipfile
from pathlib import Path

import pytest
from typer.testing import CliRunner

from isthmus.cli.commands import edge
from serving.edge.pack import pack
from serving.edge.product_slice import ProductSlice
from serving.edge.runtime.bundle import archive, read_bundle
from serving.edge.runtime.errors import BundleRefused
from serving.edge.runtime.manifest import LISTED, MANIFEST, RUNTIME, SIGNATURE
from serving.edge.runtime.self_check import loaded
from tests.serving.edge.conftest import Again, Packed, offset_of
from tests.serving.edge.small_device_release import PRODUCTS, code
from training.release import Customers, ReleaseError, new_key, public_key, read, sign, write_signature

ALL = sorted({*LISTED, MANIFEST, SIGNATURE})


def refused(file: Path, trusted: list[str]) -> str:
    with pytest.raises(BundleRefused) as error:
        read_bundle(file, trusted)
    return str(error.value)


def test_the_same_release_gives_the_same_bytes_and_no_customer(packed: Packed, tmp_path: Path) -> None:
    pack(packed.release, tmp_path / "again.edge", packed.key, packed.trusted)
    raw = packed.file.read_bytes()
    assert (tmp_path / "again.edge").read_bytes() == raw
    assert not [name for name in Customers.read(packed.release) if name.encode() in raw]
    loaded(packed.read())


def test_a_slice_holds_the_most_bought_or_those_of_a_list(packed: Packed, tmp_path: Path) -> None:
    chosen = ProductSlice(most_bought=7, codes=tuple(code(place) for place in range(3, 20)))
    manifest = pack(packed.release, tmp_path / "s.edge", packed.key, packed.trusted, chosen).manifest
    listed = read_bundle(tmp_path / "s.edge", packed.trusted).json("products.json")
    assert [entry[0] for entry in listed] == [code(place) for place in range(3, 10)]
    assert (manifest.products, manifest.slice) == (7, "the 7 most bought of a list of 17 codes")
    assert manifest.measured["float"].overlap_at_20 == 1
    with pytest.raises(BundleRefused, match="no product 'NONE'"):
        pack(packed.release, tmp_path / "n", packed.key, packed.trusted, ProductSlice(codes=("NONE",)))


def test_a_bundle_above_the_limit_is_neither_written_nor_read(packed: Packed, tmp_path: Path) -> None:
    with pytest.raises(BundleRefused, match=r"more than the limit of 0\.01 MB; pack fewer"):
        pack(packed.release, tmp_path / "b.edge", packed.key, packed.trusted, limit_mb=0.01)
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(BundleRefused, match=r"more than the limit of 0\.01 MB"):
        read_bundle(packed.file, packed.trusted, limit_mb=0.01)
    # A limit is no memory that is taken.
    assert read_bundle(packed.file, packed.trusted, limit_mb=1e9).digest == packed.read().digest


def test_a_release_that_nobody_trusted_has_signed_is_not_packed(packed: Packed, tmp_path: Path) -> None:
    with pytest.raises(ReleaseError, match="not trusted here"):
        pack(packed.release, tmp_path / "b.edge", new_key(), [public_key(new_key())])
    signature = (packed.release / SIGNATURE).read_bytes()
    try:
        (packed.release / SIGNATURE).unlink()
        with pytest.raises(ReleaseError, match="was not validated"):
            pack(packed.release, tmp_path / "b.edge", packed.key, packed.trusted)
    finally:
        (packed.release / SIGNATURE).write_bytes(signature)
    assert list(tmp_path.iterdir()) == []


def test_another_key_is_refused_and_so_is_the_signature_of_a_release(packed: Packed, tmp_path: Path) -> None:
    assert "is not trusted here" in refused(packed.file, [public_key(new_key())])
    assert "is not trusted here" in refused(packed.file, [])
    bundle = packed.read()
    # A release's signature over the same digest: another domain.
    write_signature(tmp_path, sign(bundle.digest, packed.key))
    members = {**bundle.members, SIGNATURE: (tmp_path / SIGNATURE).read_bytes()}
    (tmp_path / "b.edge").write_bytes(archive(members))
    assert "signature.json is false" in refused(tmp_path / "b.edge", packed.trusted)


@pytest.mark.parametrize("member", ALL)
def test_a_changed_byte_in_a_member_is_refused(packed: Packed, tmp_path: Path, member: str) -> None:
    raw = bytearray(packed.file.read_bytes())
    raw[offset_of(bytes(raw), member) + 20] ^= 1
    (tmp_path / "byte.edge").write_bytes(raw)
    assert "damaged (Bad CRC" in refused(tmp_path / "byte.edge", packed.trusted)
    # The same by somebody who mends the sums of the archive.
    content = bytearray(packed.read().members[member])
    content[20] ^= 1
    (tmp_path / "b.edge").write_bytes(archive({**packed.read().members, member: bytes(content)}))
    told = refused(tmp_path / "b.edge", packed.trusted)
    assert {MANIFEST: "and not for", SIGNATURE: SIGNATURE}.get(
        member, f"{member} is not what was sign"
    ) in told


def test_two_members_under_each_others_names_are_refused(packed: Packed, tmp_path: Path) -> None:
    members = dict(packed.read().members)
    members["float.tflite"], members["int8.tflite"] = members["int8.tflite"], members["float.tflite"]
    (tmp_path / "b.edge").write_bytes(archive(members))
    assert "float.tflite is not what was signed" in refused(tmp_path / "b.edge", packed.trusted)


@pytest.mark.parametrize("member", ALL)
def test_a_missing_member_is_named(packed: Packed, tmp_path: Path, member: str) -> None:
    members = {name: raw for name, raw in packed.read().members.items() if name != member}
    (tmp_path / "b.edge").write_bytes(archive(members))
    assert member in refused(tmp_path / "b.edge", packed.trusted)


def test_whatever_byte_is_changed_or_cut_it_is_refused_or_says_the_same(
    packed: Packed, tmp_path: Path
) -> None:
    raw, members, chance = packed.file.read_bytes(), packed.read().members, random.Random(1)  # noqa: S311
    directory = len(raw) - 1200
    accepted = 0
    for number in range(400):
        changed = bytearray(raw)
        if number % 4 == 0:
            del changed[chance.randrange(len(raw)) :]
        else:
            # Half of them in the archive's directory, where members are found by.
            place = chance.randrange(directory if number % 2 else 0, len(raw))
            changed[place] ^= 1 << chance.randrange(8)
        (tmp_path / "b.edge").write_bytes(changed)
        try:
            read = read_bundle(tmp_path / "b.edge", packed.trusted)
        except BundleRefused:
            continue
        accepted += 1
        assert read.members == members
    assert accepted < 100, "dates and attributes of the archive are all that may change"


def test_names_that_lead_elsewhere_bombs_and_other_files_are_refused(packed: Packed, tmp_path: Path) -> None:
    file = tmp_path / "b.edge"
    for name in (
        "../../etc/passwd",
        "/etc/passwd",
        "..\\x",
        "bundle/manifest.json",
        "x" * 300,
        "MANIFEST.json",
    ):
        file.write_bytes(archive({**packed.read().members, name: b"x"}))
        assert "holds the member" in refused(file, packed.trusted)
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as bomb:
        bomb.writestr("vectors.npy", bytes(2**26))
    assert "vectors.npy is compressed" in refused(file, packed.trusted)
    with zipfile.ZipFile(file, "w") as twice:
        twice.writestr(MANIFEST, b"{}")
        with pytest.warns(UserWarning, match="Duplicate"):
            twice.writestr(MANIFEST, b"{}")
    assert "holds the member" in refused(file, packed.trusted)
    for content in (b"", b"PK", b"no archive at all", bytes(100)):
        file.write_bytes(content)
        assert "is no bundle, or is cut" in refused(file, packed.trusted)
    assert "is not there" in refused(tmp_path / "none.edge", packed.trusted)
    os.mkfifo(tmp_path / "pipe")
    assert "is no file" in refused(tmp_path / "pipe", packed.trusted)


def test_a_later_runtime_and_a_bundle_that_does_not_fit_together_are_refused(
    packed: Packed, again: Again
) -> None:
    assert f"needs runtime {RUNTIME + 1}" in refused(
        again("later", minimum_runtime=RUNTIME + 1), packed.trusted
    )
    fewer = read_bundle(again("fewer", {"products.json": b'[["A","A"]]'}), packed.trusted)
    with pytest.raises(BundleRefused, match="fewer does not load"):
        loaded(fewer)
    model = read_bundle(again("model", {"int8.tflite": b"x", "float.tflite": b"x"}), packed.trusted)
    with pytest.raises(BundleRefused, match="model does not load"):
        loaded(model)


def test_the_commands_pack_verify_and_run(packed: Packed, tmp_path: Path) -> None:
    keys = {"SIGNING_KEY": packed.key, "TRUSTED_KEYS": packed.trusted[0], "COLUMNS": "200"}
    listed = tmp_path / "codes"
    listed.write_text(f"{code(1)}\n\n{code(2)}\n{code(3)}\n")
    file = str(tmp_path / "b.edge")

    def ask(*arguments: str) -> str:
        done = CliRunner().invoke(edge.app, arguments, env=keys)
        assert done.exit_code == 0, (done.output, done.exception)
        return done.output

    assert "3, a list of 3 codes" in ask(
        "pack", str(packed.release), "--out", file, "--products", str(listed)
    )
    assert read(packed.release).digest() in ask("verify", file)
    told = ask("run", file, "--history", f"{code(1)}@3,{code(1)}@9,NONE", "--basket", code(2))
    assert "NONE is not in this bundle" in told
    assert code(3) in told
    assert code(2) not in told.split("Reason")[1]
    assert f'"{code(PRODUCTS)}"' not in ask("run", file, "--json")
