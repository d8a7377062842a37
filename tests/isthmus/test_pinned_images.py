"""Digests in a stack file: what a pull request shows is those lines and no other."""

from __future__ import annotations

import difflib
import shutil
import stat
from pathlib import Path

import pytest

from infra.settings import read
from isthmus.images import IMAGES, building, record, tag
from isthmus.images.builder import Builder
from isthmus.images.context import ImageError
from isthmus.images.pinning import pinned
from isthmus.source_digest import ROOT
from training.release.errors import SignatureRefused
from training.release.signature import new_key, public_key, sign, verify_signature

ONE, TWO = (f"sha256:{digit * 64}" for digit in "12")


def lines(before: str, after: str) -> list[str]:
    """The lines that a change adds and takes away."""
    found = difflib.unified_diff(before.splitlines(), after.splitlines(), n=0, lineterm="")
    return [line for line in found if line[0] in "+-" and line[:3] not in ("+++", "---")]


@pytest.mark.parametrize("stack", ["local", "dev", "staging", "prod"])
def test_pinning_changes_those_lines_alone(stack: str, tmp_path: Path) -> None:
    text = (ROOT / "stacks" / f"Pulumi.{stack}.yaml").read_text()
    once = pinned(text, {"training": ONE, "serving": ONE})
    assert lines(text, once) == ["+  isthmus:images:", f"+    training: {ONE}", f"+    serving: {ONE}"]
    file = tmp_path / f"Pulumi.{stack}.yaml"
    file.write_text(once)
    assert read(file, stack).images.training == ONE
    again = pinned(once, {"training": TWO, "training_gpu": TWO})
    assert lines(once, again) == [
        f"-    training: {ONE}",
        f"+    training: {TWO}",
        f"+    training_gpu: {TWO}",
    ]
    assert pinned(again, {"training": TWO}) == again


def test_a_comment_beside_a_digest_stays() -> None:
    text = f"config:\n  isthmus:images:\n    # of June\n    serving: {ONE} # tried in staging\n"
    assert pinned(text, {"serving": TWO}) == text.replace(ONE, TWO)


def test_the_signature_of_a_release_is_none_of_an_image() -> None:
    key = new_key()
    signature = sign(ONE, key, domain=building.DOMAIN)
    assert verify_signature(signature, ONE, [public_key(key)], domain=building.DOMAIN)
    with pytest.raises(SignatureRefused):
        verify_signature(signature, ONE, [public_key(key)])
    with pytest.raises(SignatureRefused):
        verify_signature(sign(ONE, key), ONE, [public_key(key)], domain=building.DOMAIN)


def program(path: Path, script: str) -> Builder:
    """A program in the place of buildah."""
    path.write_text(f"#!/bin/sh\n{script}")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return Builder(str(path))


def test_a_build_that_fails_says_why_and_leaves_no_record(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(record, "FOLDER", tmp_path / "kept")
    failing = program(tmp_path / "buildah", "echo no space left on device >&2; exit 125\n")
    with pytest.raises(ImageError, match="build failed: no space left on device"):
        building.build(IMAGES["serving"], failing)
    assert record.read(tag(IMAGES["serving"])) is None
    with pytest.raises(ImageError, match="was not built here: run `isthmus images build serving`"):
        building.push(IMAGES["serving"], failing, "127.0.0.1:9")


def test_what_was_built_and_pushed_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(record, "FOLDER", tmp_path / "kept")
    script = f"""
case "$1" in
images) echo '[{{"size": "452 MB"}}]' ;;
push) while [ "$1" != --digestfile ]; do shift; done; echo {ONE} > "$2" ;;
*) echo "$@" > {tmp_path}/asked ;;
esac
"""
    buildah = program(tmp_path / "buildah", script)
    built = building.build(IMAGES["serving"], buildah, base="mirror.example/python@sha256:1")
    asked = (tmp_path / "asked").read_text()
    assert "--build-arg BASE=mirror.example/python@sha256:1" in asked
    assert f"--build-arg VERSION={built.tag}" in asked
    assert built.size == 452_000_000
    assert (record.folder(built.tag) / record.SBOM).read_bytes().startswith(b"{")
    pushed = building.push(IMAGES["serving"], buildah, "registry.example")
    assert pushed == record.read(built.tag)
    assert (pushed.digest, pushed.pushed) == (ONE, "registry.example/isthmus/serving")


def test_without_a_program_that_builds_one_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(ImageError, match="buildah or docker"):
        Builder.here()
