"""``model.onnx`` with an index: scores are the model's, purchases count, the recall is what is told."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest

from training.errors import TrainingError
from training.features.history import USER_FEATURES
from training.release import Customers
from training.release.build_release import _save_onnx
from training.release.export.indexed_file import largest_score_difference, save_indexed
from training.release.export.onnx_file import largest_difference
from training.release.export.product_lists import probes_for, product_lists
from training.settings import ModelSettings, TrainingSettings

PRODUCTS, DIM, HISTORY, TOP = 3000, 16, 6, 20


@pytest.fixture(scope="module", params=["bag", "transformer"])
def model(request: pytest.FixtureRequest) -> Any:
    from training.fit.cluster import ALONE, limit_threads, prepare

    prepare(os.environ, ALONE)
    limit_threads(ALONE)
    from training.model.two_tower import Sizes, build

    random = np.random.default_rng(1)
    kinds = random.normal(size=(40, 5))
    features = kinds[random.integers(0, 40, PRODUCTS + 1)] + random.normal(0, 0.2, (PRODUCTS + 1, 5))
    settings = ModelSettings(history=request.param, heads=2)
    built = build(Sizes(PRODUCTS, DIM, HISTORY), features.astype(np.float32), settings)
    for variable in built.trainable_variables:
        variable.assign(random.normal(0, 0.05 if "item_embedding" in variable.path else 0.3, variable.shape))
    return built


def customers(rows: int, seed: int = 0) -> dict[str, np.ndarray]:
    """What was bought begins at the first place, and padding follows it."""
    random = np.random.default_rng(seed)
    history = random.integers(1, PRODUCTS + 1, (rows, HISTORY)).astype(np.int32)
    history[np.arange(HISTORY) >= random.integers(0, HISTORY + 1, rows)[:, None]] = 0
    weights = np.where(history > 0, random.random(history.shape), 0).astype(np.float32)
    return {"history": history, "weights": weights, "user": random.random((rows, USER_FEATURES), np.float32)}


def answers(path: Path, asked: dict[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    items, scores = session.run(["items", "scores"], asked)
    return items, scores


@pytest.mark.long
def test_an_index_finds_what_it_says_and_scores_it_as_the_model_does(model: Any, tmp_path: Path) -> None:
    path, asked = tmp_path / "model.onnx", customers(200, seed=5)
    index = save_indexed(model, TOP, customers(600), path, wanted=0.9, seed=1)
    assert index.probes < index.lists / 2, "it looks at nearly everything"
    assert index.recall > 0.85
    exact = np.asarray(model(asked))
    items, scores = answers(path, asked)
    np.testing.assert_allclose(np.take_along_axis(exact, items.astype(np.int64), 1), scores, atol=1e-4)
    assert (np.diff(scores) <= 0).all()
    best = np.argsort(-exact, axis=1)[:, :TOP]
    found = np.mean([len(set(a) & set(b)) / TOP for a, b in zip(items.tolist(), best.tolist(), strict=True)])
    assert found == pytest.approx(index.recall, abs=0.05)
    one, _ = answers(path, {name: array[7:8] for name, array in asked.items()})
    assert one[0].tolist() == items[7].tolist()


@pytest.mark.long
@pytest.mark.parametrize("model", ["bag"], indirect=True)
def test_with_all_lists_it_is_the_model_also_where_purchases_decide(model: Any, tmp_path: Path) -> None:
    path, asked = tmp_path / "model.onnx", customers(64, seed=6)
    index = save_indexed(model, TOP, customers(60), path, wanted=1.0, seed=1)
    assert index.recall > 0.99
    # The same file again: a release has one digest.
    before = path.read_bytes()
    save_indexed(model, TOP, customers(60), path, wanted=1.0, seed=1)
    assert path.read_bytes() == before
    # A product twice counts twice, as in the model, and comes once.
    asked["history"][:, 1] = asked["history"][:, 0]
    asked["weights"][:, 1] = 0.5
    items, _ = answers(path, asked)
    assert all(len(set(answer)) == TOP for answer in items.tolist())
    if index.probes == index.lists:
        assert largest_difference(model, path, [asked]) < 1e-4
    # What having bought adds makes the first place: the index knows nothing of it.
    gain = model.get_layer("repeat_gain").bias
    was = np.array(gain)
    gain.assign(was + 50)
    save_indexed(model, TOP, customers(60), path, wanted=0.9, seed=1)
    items, _ = answers(path, asked)
    bought = asked["history"][:, 0]
    gain.assign(was)
    for answer, product, own in zip(items.tolist(), bought.tolist(), asked["history"].tolist(), strict=True):
        wanted = {one for one in own if one}
        assert set(answer[: len(wanted)]) == wanted, product
    with pytest.raises(TrainingError, match="with its index, differs"):
        largest_score_difference(model, path, asked)


def test_fewest_lists_are_looked_at_and_never_too_few_to_answer() -> None:
    random = np.random.default_rng(2)
    vectors = random.normal(size=(500, 4)).astype(np.float32)
    users = random.normal(size=(50, 4)).astype(np.float32)
    lists = product_lists(vectors, users, seed=3)
    length = np.diff(lists.start)
    assert sorted(lists.order.tolist()) == list(range(500))
    assert length.max() <= 1.5 * 500 / round(4 * 500**0.5)
    best = np.argsort(-(users @ vectors.T), axis=1)[:, :10]
    few, recalls = probes_for(lists, users @ lists.middles.T, best, wanted=0.5, least=1)
    assert recalls[few - 1] >= 0.5 > recalls[few - 2]
    assert recalls[-1] == pytest.approx(1)
    enough, _ = probes_for(lists, users @ lists.middles.T, best, wanted=0.5, least=400)
    assert np.sort(length)[:enough].sum() >= 400


@pytest.mark.long
@pytest.mark.parametrize("model", ["bag"], indirect=True)
def test_the_setting_says_from_how_many_products_on(model: Any, tmp_path: Path) -> None:
    asked = customers(40)
    rows = Customers(pseudonyms=[f"{row:032}" for row in range(40)], last_bought=[[1]] * 40, **asked)
    for most, indexed in ((PRODUCTS, False), (PRODUCTS - 1, True)):
        settings = TrainingSettings().model_copy(update={"exact_products": most})
        _, told = _save_onnx(model, TOP, rows, settings, tmp_path / "model.onnx")
        nodes = onnx.load(tmp_path / "model.onnx").graph.node
        assert any(node.op_type == "Scan" for node in nodes) == indexed
        assert set(told) == ({"index_lists", "index_probes", "index_recall"} if indexed else set())
