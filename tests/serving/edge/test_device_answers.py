"""What a device answers: the features of training, what is left out, and nothing larger than it needs."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from serving.edge.runtime.errors import QuestionRefused
from serving.edge.runtime.features import Inputs, inputs_of
from serving.edge.runtime.recommender import EdgeRecommender, Purchase
from tests.serving.edge.conftest import Packed
from tests.serving.edge.small_device_release import PRODUCTS, code
from training.features.baskets import Purchases
from training.features.history import features_at
from training.release import Customers
from training.release.export.litert_file import DeviceTowers


@pytest.fixture(scope="module")
def device(packed: Packed) -> EdgeRecommender:
    return EdgeRecommender(packed.read())


@pytest.mark.parametrize("time", [False, True])
def test_the_features_are_those_of_training(device: EdgeRecommender, time: bool) -> None:
    random, day = np.random.default_rng(3), date(2011, 9, 1)
    number = (day - date(1970, 1, 1)).days
    manifest = device.manifest.model_copy(update={"time_features": time, "half_life_days": 30.0})
    for count in (0, 1, 2, 5, 30, 200):
        pairs = {(int(random.integers(1, 20)), int(random.integers(1, 60))) for _ in range(count)}
        oldest = sorted(pairs, key=lambda pair: (-pair[1], pair[0]))
        known = Purchases(
            np.array([product for product, _ in oldest], np.int32),
            np.array([number - age for _, age in oldest], np.int32),
        )
        expected = features_at(known, number, manifest.history_length, manifest.half_life_days, time)
        found = inputs_of(list(pairs), day, manifest)
        np.testing.assert_array_equal(found.history[0], expected.history)
        np.testing.assert_array_equal(found.weights[0], expected.weights)
        np.testing.assert_array_equal(found.user[0], expected.user)


def test_the_float_model_is_keras_but_for_the_products_in_int8(packed: Packed) -> None:
    """With the exact vectors in their place, the runtime's scores are Keras's."""
    device = EdgeRecommender(packed.read(), "float")
    towers, customers = DeviceTowers.read(packed.release), Customers.read(packed.release)
    np.testing.assert_allclose(device.vectors, towers.vectors, atol=np.abs(towers.vectors).max() / 250)
    device.vectors = towers.vectors
    inputs = {"history": customers.history, "weights": customers.weights, "user": customers.user}
    exact = towers.scores(inputs)
    for row in range(len(customers)):
        here = slice(row, row + 1)
        one = Inputs(customers.history[here], customers.weights[here], customers.user[here])
        np.testing.assert_allclose(device.scores(one)[1:], exact[row, 1:], rtol=1e-4, atol=1e-4)


def test_a_basket_and_what_was_bought_are_left_out(device: EdgeRecommender) -> None:
    bought = [Purchase(code(4), 30), Purchase(code(4), 3), Purchase(code(9), 1)]
    everything = device.recommend(bought, k=PRODUCTS)
    assert {product.code for product in everything.products} == {code(i) for i in range(1, PRODUCTS + 1)}
    scores = [product.score for product in everything.products]
    assert scores == sorted(scores, reverse=True)
    found = device.recommend(bought, [code(7)], k=PRODUCTS, only_new=True)
    assert {code(4), code(7), code(9)}.isdisjoint(product.code for product in found.products)
    assert len(found.products) == PRODUCTS - 3
    assert {product.reason for product in found.products} == {"personal"}


def test_a_stranger_gets_what_is_popular(device: EdgeRecommender) -> None:
    answer = device.recommend([Purchase("NONE")], ["NOR THIS"], k=3)
    assert (answer.reason, answer.unknown) == ("popular", ("NONE", "NOR THIS"))
    assert [product.code for product in answer.products] == [code(1), code(2), code(3)]


def test_a_wrong_question_is_refused(device: EdgeRecommender) -> None:
    with pytest.raises(QuestionRefused, match="k is 0"):
        device.recommend(k=0)
    with pytest.raises(QuestionRefused, match="0 days ago"):
        device.recommend([Purchase(code(1), 0)])


ALONE = """
import sys
class Nothing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in set(sys.argv[1].split(",")):
            raise ImportError(f"{name} is not on a device")
sys.meta_path.insert(0, Nothing())
forbidden, sys.argv = sys.argv[1], ["isthmus", *sys.argv[2:]]
from isthmus.cli.main import main
main()
"""
NOT_ON_A_DEVICE = (
    "tensorflow,keras,pandas,pyarrow,scipy,sklearn,onnx,onnxruntime,boto3,tritonclient,pulumi,httpx"
)


def test_a_device_needs_neither_tensorflow_nor_pandas_nor_a_network(packed: Packed, tmp_path: Path) -> None:
    environment = {**os.environ, "TRUSTED_KEYS": packed.trusted[0]}

    def on_device(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", ALONE, NOT_ON_A_DEVICE, "edge", *arguments]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    updated = on_device("update", str(tmp_path / "device"), str(packed.file))
    assert (updated.returncode, updated.stderr) == (0, "")
    answered = on_device("run", str(tmp_path / "device"), "--basket", code(1))
    assert (answered.returncode, answered.stderr) == (0, "")
    assert "personal" in answered.stdout
