"""The export says what Keras says, or is refused; equal weights give equal files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from training.errors import TrainingError
from training.features.catalogue import FEATURES
from training.features.history import USER_FEATURES
from training.settings import ModelSettings


@pytest.fixture(scope="module", params=["bag", "transformer"])
def model(request: pytest.FixtureRequest) -> Any:
    import os

    from training.fit.cluster import ALONE, limit_threads, prepare

    prepare(os.environ, ALONE)
    limit_threads(ALONE)
    from training.model.two_tower import Sizes, build

    features = np.random.default_rng(0).normal(size=(31, FEATURES)).astype(np.float32)
    form = {
        "history": "transformer",
        "heads": 2,
        "pretrain_epochs": 1,
        "adapter_rank": 3,
        "embedding_shards": 2,
    }
    settings = ModelSettings.model_validate(form if request.param == "transformer" else {})
    built = build(Sizes(products=30, dim=8, history=6), features, settings)
    random = np.random.default_rng(1)
    for variable in built.trainable_variables:  # some layers begin at 0, and would hide what is wrong
        variable.assign(random.normal(0, 0.2, variable.shape))
    return built


def _batch(rows: int) -> dict[str, np.ndarray]:
    random = np.random.default_rng(rows)
    history = np.stack([random.permutation(30)[:6] + 1 for _ in range(rows)]).astype(np.int32)
    weights = random.random((rows, 6)).astype(np.float32)
    history[:, 4:], weights[:, 4:] = 0, 0
    return {
        "history": history,
        "weights": weights,
        "user": random.random((rows, USER_FEATURES)).astype(np.float32),
    }


def test_onnx_equals_keras_and_a_changed_weight_is_refused(model: Any, tmp_path: Path) -> None:
    import keras

    from training.model.two_tower import serving_model
    from training.release.export.keras_file import save_keras
    from training.release.export.onnx_file import largest_difference, save_onnx

    path = tmp_path / "model.onnx"
    save_onnx(serving_model(model, 10), path)
    batches = [_batch(1), _batch(33), {name: np.zeros_like(array) for name, array in _batch(2).items()}]
    assert largest_difference(model, path, batches) < 1e-4

    save_keras(model, tmp_path / "one.keras")
    save_keras(model, tmp_path / "two.keras")
    assert (tmp_path / "one.keras").read_bytes() == (tmp_path / "two.keras").read_bytes()
    loaded = keras.models.load_model(tmp_path / "one.keras")
    # The weights are the same bits; threads may add up in another order.
    for weight, original in zip(loaded.weights, model.weights, strict=True):
        np.testing.assert_array_equal(np.array(weight), np.array(original), err_msg=original.path)
    np.testing.assert_allclose(loaded(_batch(3)), model(_batch(3)), rtol=1e-5, atol=1e-6)

    bias = model.get_layer("item_bias").bias
    before = np.array(bias)
    bias.assign(before + np.eye(len(before), dtype=np.float32)[5])
    with pytest.raises(TrainingError, match=r"model\.onnx differs"):
        largest_difference(model, path, batches)
    bias.assign(before)


def test_padding_is_never_recommended(model: Any) -> None:
    scores = np.asarray(model(_batch(4)))
    assert (scores.argmin(axis=1) == 0).all()
