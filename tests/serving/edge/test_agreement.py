"""A bundle of a release that learned from real orders answers its customers as Keras does."""

from __future__ import annotations

import os
from contextlib import closing
from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from isthmus_client import Recommender
from isthmus_client.transport import Grpc
from serving.edge.pack import pack
from serving.edge.product_slice import ProductSlice
from serving.edge.runtime.manifest import MODELS
from serving.local.server import LocalServer
from serving.repository.build import build
from tests.lists import same_list
from tests.training.shops import SAMPLE
from training.fit.checkpoint import FolderObjects
from training.fit.cluster import ALONE, prepare
from training.operations.workspace import Workspace
from training.orders.source import Folder
from training.release import (
    KERAS_MODEL,
    ONNX_MODEL,
    Customers,
    new_key,
    public_key,
    read,
    read_products,
    sign,
    write_signature,
)
from training.settings import TrainingSettings
from training.ties import best_columns
from training.transfer.pseudonym import Pseudonyms
from training.transfer.run import transfer

pytestmark = pytest.mark.long

SETTINGS = TrainingSettings(hold_back_days=0, epochs=1, embedding_dim=32, history_length=32)


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """Of the real orders of the sample, learned from in one epoch; with its key."""
    folder, key = tmp_path_factory.mktemp("sample"), new_key()
    prepare(os.environ, ALONE)
    from training.fit.run import fit
    from training.release.build_release import build_release

    work = Workspace(folder / "work")
    transfer(Folder(SAMPLE), Pseudonyms("a key of the private site"), SETTINGS, work.arrivals, work.private)
    data = work.training_data(SETTINGS)
    model, losses = fit(data, ALONE, FolderObjects(folder / "checkpoints"))
    digest = build_release(model, data, losses, folder / "release")
    write_signature(folder / "release", sign(digest, key))
    return folder / "release", key


def test_triton_plain_onnx_runtime_and_keras_say_the_same_of_a_thousand_real_customers(
    release: tuple[Path, str], tmp_path: Path
) -> None:
    """The towers by their own inputs, and the answers of ``recommend``, which were computed of them."""
    import keras

    import training.model.two_tower  # noqa: F401 (its layers)

    folder, key = release
    manifest, customers = read(folder), Customers.read(folder)
    names = list(customers)[:1000]
    features = {name: getattr(customers, name)[: len(names)] for name in ("history", "weights", "user")}
    session = onnxruntime.InferenceSession(str(folder / ONNX_MODEL), providers=["CPUExecutionProvider"])
    items, scores = session.run(["items", "scores"], features)
    by_keras = np.asarray(keras.saving.load_model(folder / KERAS_MODEL)(features))
    highest = np.abs(scores).max()
    assert len(names) > 500
    # ONNX Runtime beside Keras, product by product, and that no product of Keras's 20 best is missing.
    np.testing.assert_allclose(scores, np.take_along_axis(by_keras, items, 1), rtol=0, atol=1e-5 * highest)
    for row, best in enumerate(best_columns(by_keras, 20)):
        assert by_keras[row, best].min() <= scores[row, 19] + 1e-5 * highest
    build(folder, manifest, sign(manifest.digest(), key), tmp_path / "models", onnx_backend="python")
    with (
        LocalServer(tmp_path / "models", tmp_path / "log") as server,
        closing(Grpc(server.url("grpc").removeprefix("grpc://"), 10)) as client,
        Recommender(server.url("grpc")) as recommender,
    ):
        for start in range(0, len(names), 64):
            part = {name: array[start : start + 64] for name, array in features.items()}
            served = client.infer("two_tower", part, ("items", "scores"))
            np.testing.assert_allclose(served["scores"], scores[start : start + 64], rtol=1e-5)
        codes = [product.product_code for product in read_products(folder)]
        for row, answer in enumerate(recommender.recommend_all(names, 20)):
            expected = [(codes[item - 1], score) for item, score in zip(items[row], scores[row], strict=True)]
            assert same_list([(one.code, one.score) for one in answer.products], expected)


@pytest.mark.parametrize("most_bought", [None, 300])
def test_real_customers_get_what_keras_recommends(
    release: tuple[Path, str], tmp_path: Path, most_bought: int | None
) -> None:
    folder, key = release
    trusted = [public_key(key)]
    packed = pack(folder, tmp_path / "b.edge", key, trusted, ProductSlice(most_bought)).manifest
    assert packed.customers_measured == min(1000, len(Customers.read(folder))) > 500
    assert packed.measured["float"].overlap_at_20 >= 0.98
    assert packed.measured["float"].largest_difference <= 0.05
    assert packed.measured["int8"].overlap_at_20 >= 0.97
    assert packed.measured["int8"].largest_difference <= 0.08
    assert packed.measured["int8"].bytes < 0.7 * packed.measured["float"].bytes
    assert packed.release == read(folder).digest()
    assert set(packed.measured) == set(MODELS)
    assert packed.runs == "int8"
