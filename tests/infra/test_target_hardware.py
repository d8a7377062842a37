"""A release is served by GPUs that it was made for, or the preview says why not."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pulumi.runtime.mocks import MockCallArgs

from infra import model_serving
from infra.__main__ import estate as estate_program
from infra.settings.catalogue import Machine, instance_types
from infra.target_hardware import WrongHardware, refuse_other_hardware
from tests.infra.recorded import DIGEST, Recorder, changed_settings, record

A10G = instance_types()["g5.xlarge"]


def manifest(**hardware: Any) -> str:
    return json.dumps({"format": 1, "target_hardware": hardware})


@pytest.mark.parametrize(
    "text",
    [
        "",  # a store that does not show it
        json.dumps({"format": 1}),  # ONNX alone runs anywhere
        manifest(kinds=["gpu"]),
        manifest(kinds=["cpu", "gpu"], compute_capabilities=["8.0", "8.6"]),
    ],
)
def test_a_release_is_taken_that_the_pool_can_serve(text: str) -> None:
    refuse_other_hardware(text, DIGEST, "serving", A10G)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (manifest(compute_capabilities=["8.9"]), "an A10G of compute capability 8.6"),
        (manifest(kinds=["cpu"]), "is for CPUs alone"),
        (manifest(kinds=["tpu"]), "cannot be read"),
        ("[]", "cannot be read"),
        ("no manifest", "cannot be read"),
    ],
)
def test_a_release_for_other_hardware_is_refused_in_a_sentence(text: str, sentence: str) -> None:
    with pytest.raises(WrongHardware, match=sentence):
        refuse_other_hardware(text, DIGEST, "serving", A10G)


class OneManifest(Recorder):
    """A bucket that has the manifest of one release."""

    def call(self, args: MockCallArgs) -> tuple[dict[str, Any], list[tuple[str, str]]]:
        if str(args.args.get("key", "")) == f"releases/{DIGEST.removeprefix('sha256:')}/manifest.json":
            return {"body": "its manifest"}, []
        return super().call(args)


class NoRelease(OneManifest):
    """A bucket without a release."""

    def call(self, args: MockCallArgs) -> tuple[dict[str, Any], list[tuple[str, str]]]:
        if args.token == "aws:s3/getObjects:getObjects":
            return {"keys": []}, []
        return super().call(args)


def test_a_release_that_is_not_there_yet_ends_no_up(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(model_serving, "refuse_other_hardware", lambda *said: asked.append(said[0]))
    settings = changed_settings("prod", {"serving.release": DIGEST})
    record(lambda: estate_program(settings), "prod", recorder=NoRelease())
    assert asked == ["", ""]


def test_the_program_asks_it_of_a_pinned_release_and_every_pool_that_serves(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[tuple[str, str, str, str]] = []

    def note(text: str, release: str, pool: str, machine: Machine) -> None:
        asked.append((text, release, pool, machine.name))

    monkeypatch.setattr(model_serving, "refuse_other_hardware", note)
    settings = changed_settings("prod", {"serving.release": DIGEST})
    record(lambda: estate_program(settings), "prod", recorder=OneManifest())
    about = ("its manifest", DIGEST, "serving")
    assert asked == [(*about, "g5.xlarge"), (*about, "g1.l4")]
