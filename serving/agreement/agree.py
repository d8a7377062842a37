"""Asks one release for the same customers in every way that it is served, and holds the answers together."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np

from isthmus.errors import IsthmusError
from isthmus.progress import Progress
from isthmus_client import Answer as ClientAnswer
from isthmus_client import Recommender
from isthmus_client.transport import connect
from serving.agreement.beside import DEVICE_FLOAT, DEVICE_INT8, EXACT, Answer, Array, Row, Tolerance, beside
from serving.edge.pack import pack
from serving.edge.runtime.bundle import read_bundle
from serving.edge.runtime.features import Inputs
from serving.edge.runtime.manifest import Precision
from serving.edge.runtime.self_check import loaded
from serving.edge.sliced_towers import spread
from serving.local.server import LocalServer
from serving.optimise.sessions import answers as asked_of
from serving.optimise.sessions import opened
from serving.optimise.stages import Ranker, Towers
from serving.repository.build import TOWERS, build
from training.release import (
    SIGNATURE,
    Customers,
    Manifest,
    Shortlist,
    new_key,
    public_key,
    sign,
    write_signature,
)
from training.release.export.litert_file import DeviceTowers
from training.ties import best_columns

logger = logging.getLogger(__name__)

KERAS, ONNX = "Keras", "ONNX Runtime"
LISTED = 100
"""Products of a device's answer whose scores are held beside Keras's: as many as the towers name."""
AT_ONCE = 16
ANSWER_S = 60.0
NO_LIMIT_MB = 1e6
STEPS = 4
DEVICE: dict[Precision, Tolerance] = {"float": DEVICE_FLOAT, "int8": DEVICE_INT8}


class NobodyToAskFor(IsthmusError):
    """A release knows no customer."""


def agree(release: Path, manifest: Manifest, most: int) -> list[Row]:
    """Ask a release for its own customers by Keras, ONNX Runtime, Triton and a device's runtime.

    Args:
        release: directory of a release that was verified; signed or not.
        manifest: that of the release.
        most: customers, evenly over all of the release.

    Raises:
        NobodyToAskFor: the release knows no customer.
        ReleaseDamaged: a file of it cannot be read.
        LocalServerFailed: no server could be started on it.
    """
    customers = Customers.read(release)
    if not len(customers):
        raise NobodyToAskFor(f"{release} knows no customer, so there is nobody to ask for")
    rows = spread(len(customers), most)
    asked = {name: getattr(customers, name)[rows] for name in ("history", "weights", "user")}
    _tell(0, "Keras")
    exact = np.array(DeviceTowers.read(release).scores(asked))
    exact[:, 0] = -np.inf
    _tell(1, "ONNX Runtime")
    towers = Towers(release)
    plain = asked_of(opened(release / towers.file), towers, rows.tolist())
    found = [beside(ONNX, KERAS, exact, plain, EXACT)]
    _tell(2, "Triton")
    with tempfile.TemporaryDirectory(prefix="isthmus-agree-") as folder:
        found += _by_triton(release, manifest, Path(folder), towers, rows.tolist(), asked, exact)
    _tell(3, "device")
    with tempfile.TemporaryDirectory(prefix="isthmus-agree-") as folder:
        found += _by_devices(release, manifest, Path(folder), asked, exact)
    _tell(STEPS, "")
    return found


def _tell(done: int, what: str) -> None:
    logger.info(Progress("asked", done, STEPS, what))


def _by_triton(
    release: Path,
    manifest: Manifest,
    folder: Path,
    towers: Towers,
    rows: list[int],
    asked: dict[str, Array],
    exact: Array,
) -> Iterator[Row]:
    """The towers by their inputs, and ``recommend`` by name: what applications get."""
    build(release, manifest, sign(manifest.digest(), new_key()), folder / "models", onnx_backend="python")
    names = [towers.customers[row] for row in rows]
    with (
        LocalServer(folder / "models", folder / "log") as server,
        closing(connect(server.url("grpc"), ANSWER_S)) as triton,
        Recommender(server.url("grpc"), timeout_s=ANSWER_S) as recommender,
    ):
        served: list[Answer] = []
        for start in range(0, len(rows), AT_ONCE):
            part = {name: array[start : start + AT_ONCE] for name, array in asked.items()}
            outputs = triton.infer(TOWERS, part, towers.outputs)
            served += towers.answers(rows, [outputs[name] for name in towers.outputs])
        yield beside(f"Triton, {TOWERS}", KERAS, exact, served, EXACT)
        told = list(recommender.recommend_all(names, manifest.model.top_k))
    shortlist = Shortlist.read(release)
    ranker = Ranker(shortlist) if shortlist is not None else None
    lengths = (
        dict(zip(ranker.customers, np.diff(shortlist.start), strict=True)) if ranker and shortlist else {}
    )
    ranked = [place for place, name in enumerate(names) if lengths.get(name)]
    if ranker is not None and ranked:
        place_of = {name: row for row, name in enumerate(ranker.customers)}
        scores = asked_of(opened(release / ranker.file), ranker, [place_of[names[place]] for place in ranked])
        yield beside(
            "Triton, recommend",
            f"{ONNX}, {ranker.file}",
            (_all_scores(answer, len(ranker.numbers)) for answer in scores),
            [_numbers(told[place], ranker.numbers) for place in ranked],
            EXACT,
        )
    others = [place for place in range(len(names)) if not lengths.get(names[place])]
    if others:
        answers = [_numbers(told[place], towers.numbers) for place in others]
        yield beside("Triton, recommend", KERAS, exact[others], answers, EXACT)


def _by_devices(
    release: Path, manifest: Manifest, folder: Path, asked: dict[str, Array], exact: Array
) -> Iterator[Row]:
    """A bundle, packed, read and loaded as on a device, in both precisions."""
    key, signed = new_key(), folder / "release"
    signed.mkdir()
    for path in release.resolve().iterdir():
        if path.name != SIGNATURE:
            (signed / path.name).symlink_to(path)
    write_signature(signed, sign(manifest.digest(), key))
    pack(signed, folder / "b.edge", key, [public_key(key)], limit_mb=NO_LIMIT_MB)
    bundle = read_bundle(folder / "b.edge", [public_key(key)], NO_LIMIT_MB)
    for precision, tolerance in DEVICE.items():
        device = loaded(bundle, precision)
        answers = []
        for row in range(len(exact)):
            scores = device.scores(Inputs(**{name: array[row : row + 1] for name, array in asked.items()}))
            best = best_columns(scores[None], min(LISTED, len(scores) - 1))[0]
            answers.append((best, scores[best]))
        yield beside(f"device, {precision}", KERAS, exact, answers, tolerance)


def _numbers(answer: ClientAnswer, numbers: dict[str, int]) -> Answer:
    """The personal products of an answer, by number."""
    personal = [product for product in answer.products if product.reason == "personal"]
    return np.array([numbers[one.code] for one in personal]), np.array([one.score for one in personal])


def _all_scores(answer: Answer, many: int) -> Array:
    """Scores of all products by number, -inf for those that the answer does not hold."""
    scores: Array = np.full(many, -np.inf, np.float64)
    scores[answer[0]] = answer[1]
    return scores
