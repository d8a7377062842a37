"""Every form of the model learns what there is to learn, and those that should be one model are."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from isthmus.settings.errors import SettingsError
from tests.training.model.conftest import SETTINGS
from tests.training.shops import small_shop
from training.features.training_data import TrainingData
from training.fit.checkpoint import FolderObjects
from training.fit.cluster import ALONE
from training.jobs.local.workers import Workers
from training.operations.tracking.run import MASKED_LOSS, tracked
from training.operations.tracking.tensorboard import read_scalars
from training.operations.workspace import Workspace
from training.orders.source import Folder
from training.release import read_report
from training.settings import ModelSettings, parse
from training.transfer.pseudonym import Pseudonyms
from training.transfer.run import transfer

TRANSFORMER: dict[str, Any] = {"history": "transformer", "blocks": 1, "heads": 2}
FORMS: dict[str, dict[str, Any]] = {
    "bag": {},
    "transformer": TRANSFORMER,
    "sampled softmax": {"loss": "sampled_softmax", "sampled_products": 12},
    "rating": {"loss": "rating", "sampled_products": 12, "unbought_weight": 3.0},
    "time features": {"time_features": True},
    "mixed precision": {"precision": "mixed_bfloat16"},
    "table in parts": {"embedding_shards": 3},
    "pieces": {"accumulate": 4},
    "pre-trained, with adapters": {
        **TRANSFORMER,
        "pretrain_epochs": 4,
        "masked_share": 0.3,
        "adapter_rank": 4,
    },
    "all that is large": {
        **TRANSFORMER,
        "loss": "sampled_softmax",
        "sampled_products": 12,
        "precision": "mixed_bfloat16",
        "embedding_shards": 2,
        "accumulate": 2,
    },
}


def asked(data: TrainingData, epochs: int = 2, **form: Any) -> TrainingData:
    """The same orders for another form of the model."""
    settings = data.settings.model_copy(update={"epochs": epochs, "model": ModelSettings(**form)})
    return replace(data, settings=settings)


def trained(data: TrainingData, folder: Path) -> tuple[Any, list[float]]:
    from training.fit.run import fit

    checkpoints = FolderObjects(folder / "checkpoints")
    with tracked(data, ALONE, checkpoints) as tracking:
        return fit(data, ALONE, checkpoints, None, tracking.epoch, tracking.masked_epoch)


def of_own_taste(model: Any, data: TrainingData) -> float:
    """The share of everyone's best 20 products that is of their own taste; the shop has two, of 20 each."""
    known = [data.customer_features(purchases) for _, purchases in data.customers()]
    scores = np.array(
        model(
            {
                name: np.stack([getattr(features, name) for features in known])
                for name in ("history", "weights", "user")
            }
        )
    )
    best = np.argsort(-scores[:, 1:], axis=1)[:, :20]
    taste = np.array([features.history[0] > 20 for features in known])
    return float(((best >= 20) == taste[:, None]).mean())


@pytest.mark.parametrize("name", FORMS)
def test_each_form_learns_the_two_tastes(name: str, data: TrainingData, tmp_path: Path) -> None:
    this = asked(data, 8, **FORMS[name])
    import keras

    from training.release.export.keras_file import save_keras

    model, losses = trained(this, tmp_path)
    assert losses[-1] < 0.9 * losses[0]
    assert of_own_taste(model, this) > 0.95
    assert all(np.array(variable).dtype == np.float32 for variable in model.trainable_variables)
    save_keras(model, tmp_path / "model.keras")  # Keras refuses a model whose layers another one uses too
    assert keras.models.load_model(tmp_path / "model.keras").count_params() == model.count_params()


def weights_of(data: TrainingData, objective: Any, model: Any, epoch: int = 1) -> tuple[float, list[Any]]:
    """Loss of the first step, and the gradient of each weight."""
    import tensorflow as tf

    drawn = data.examples.draw(epoch)
    arrays, batch = objective.arrays(drawn, (epoch,)), int(drawn.splits[1])
    with tf.GradientTape() as tape:
        loss = objective.loss(
            {name: tf.constant(array) for name, array in arrays.items()},
            tf.constant(0),
            tf.constant(0),
            batch,
        )
    gradients = tape.gradient(loss, [variable.value for variable in model.trainable_variables])
    return float(loss) / batch, [np.array(tf.convert_to_tensor(gradient)) / batch for gradient in gradients]


def shaken(model: Any) -> Any:
    """Weights of chance, so that nothing is 0 or equal by initialisation."""
    random = np.random.default_rng(3)
    for variable in model.trainable_variables:
        variable.assign(random.normal(0, 0.3, variable.shape))
    return model


def test_the_sampled_softmax_is_the_softmax_in_the_mean(data: TrainingData) -> None:
    from training.model.objective import StepShape
    from training.model.padded import PaddedObjective
    from training.model.sampled import SampledObjective
    from training.model.two_tower import build_model

    batch = data.examples.most_rows
    model = shaken(build_model(data))
    whole, of_whole = weights_of(data, PaddedObjective(model, 8, batch), model)
    many = asked(data, loss="sampled_softmax", sampled_products=1_000_000)
    near, of_near = weights_of(data, SampledObjective(model, many.settings, StepShape(batch, batch)), model)
    assert near == pytest.approx(whole, rel=2e-3)
    for variable, gradient, other in zip(model.trainable_variables, of_near, of_whole, strict=True):
        np.testing.assert_allclose(gradient, other, atol=0.03 * np.abs(other).max(), err_msg=variable.path)
    few = asked(data, loss="sampled_softmax", sampled_products=10)
    objective = SampledObjective(model, few.settings, StepShape(batch, batch))
    estimates = [weights_of(data, objective, model, epoch)[0] for epoch in range(12)]
    wholes = [weights_of(data, PaddedObjective(model, 8, batch), model, epoch)[0] for epoch in range(12)]
    assert np.std(estimates) > 0
    assert np.mean(estimates) == pytest.approx(np.mean(wholes), rel=0.1)


def test_a_rating_is_squares_over_the_basket_and_over_all_else(data: TrainingData) -> None:
    from training.features.examples import TARGETS
    from training.model.objective import StepShape
    from training.model.sampled import SampledObjective
    from training.model.two_tower import build_model

    most = data.examples.most_rows
    model = shaken(build_model(data))
    many = asked(data, loss="rating", sampled_products=1_000_000, unbought_weight=7.0)
    got, _ = weights_of(data, SampledObjective(model, many.settings, StepShape(most, most)), model)
    drawn = data.examples.draw(1)
    examples, batch = drawn.padded(8, TARGETS), int(drawn.splits[1])
    first = {name: array[:batch] for name, array in examples.items()}
    scores = np.array(model({name: first[name] for name in ("history", "weights", "user")}))
    wanted = 0.0
    for row in range(batch):
        revealed, basket = (
            set(first["revealed"][row]),
            [product for product in first["targets"][row] if product],
        )
        others = [
            product
            for product in range(1, scores.shape[1])
            if product not in revealed and product not in basket
        ]
        if basket:
            bought = np.mean((1 - scores[row, basket]) ** 2)
            unbought = (scores[row, others] ** 2).sum() / (scores.shape[1] - 1)
            wanted += float(first["weight"][row] * (bought + 7.0 * unbought))
    assert got == pytest.approx(wanted / batch, rel=5e-3)


def test_pieces_and_parts_change_nothing_but_the_order_of_sums(data: TrainingData, tmp_path: Path) -> None:
    _, whole = trained(asked(data), tmp_path / "whole")
    for name, form in (("pieces", {"accumulate": 5}), ("parts", {"embedding_shards": 3})):
        _, other = trained(asked(data, **form), tmp_path / name)
        np.testing.assert_allclose(other, whole, rtol=1e-4, err_msg=name)


def test_xla_computes_the_same(data: TrainingData, tmp_path: Path) -> None:
    one_epoch = asked(data, 1)
    _, plain = trained(one_epoch, tmp_path / "plain")
    _, compiled = trained(asked(data, 1, xla=True), tmp_path / "xla")
    np.testing.assert_allclose(compiled, plain, rtol=1e-4)


def test_what_is_masked_is_not_seen(data: TrainingData) -> None:
    """At its start the transformer passes on what it is given: at a masked place the mask alone."""
    import tensorflow as tf

    from training.model.masked import LEAST, MaskedObjective
    from training.model.objective import StepShape
    from training.model.submodels import product_vectors
    from training.model.two_tower import build_model

    this = asked(data, **TRANSFORMER, pretrain_epochs=1, masked_share=0.3)
    most = data.examples.most_rows
    model = build_model(this)
    objective = MaskedObjective(model, this.settings, StepShape(most, most))
    drawn = data.examples.draw(0)
    arrays, batch = objective.arrays(drawn, (0,)), int(drawn.splits[1])
    lengths = np.diff(drawn.history.splits)
    counts = (arrays["masked"] >= 0).sum(1)
    np.testing.assert_array_equal(counts, np.minimum(np.ceil(lengths * 0.3), round(8 * 0.3)))
    assert (arrays["masked"].max(1) < np.maximum(lengths, 1)).all()
    short = np.flatnonzero((lengths < LEAST) & (lengths > 0))
    assert len(short) == 0 or not arrays["weight"][short].any()
    assert not np.array_equal(arrays["masked"], objective.arrays(drawn, (1,))["masked"])
    np.testing.assert_array_equal(arrays["masked"], objective.arrays(drawn, (0,))["masked"])

    epoch = {name: tf.constant(array) for name, array in arrays.items()}
    got = float(objective.loss(epoch, tf.constant(0), tf.constant(0), tf.constant(batch)))
    logits = np.array(product_vectors(model)(np.arange(len(this.catalogue) + 1))) @ np.array(
        objective.variables[-1]
    )
    log = logits - np.log(np.exp(logits).sum())
    wanted = 0.0
    for row in range(batch):
        places = arrays["masked"][row][arrays["masked"][row] >= 0]
        if len(places):
            wanted -= float(arrays["weight"][row] * log[arrays["history"][row, places]].mean())
    assert got == pytest.approx(wanted, rel=1e-4)


def test_adapters_learn_and_the_encoder_stays(
    log_lines: list[str], data: TrainingData, tmp_path: Path
) -> None:
    from training.fit.checkpoint import CheckpointStore
    from training.model.submodels import encoder_variables

    this = asked(data, 4, **TRANSFORMER, pretrain_epochs=6, masked_share=0.3, adapter_rank=4)
    model, losses = trained(this, tmp_path)
    filled = [
        float(line.split("loss ")[1].split(",")[0])
        for line in log_lines
        if line.startswith("pre-training: epoch")
    ]
    assert len(filled) == 6
    assert filled[-1] < 0.9 * filled[0]
    scalars = read_scalars(tmp_path / "tracking" / this.fingerprint)[MASKED_LOSS]
    np.testing.assert_allclose(list(scalars.values()), filled, atol=1e-4)
    assert losses[-1] < losses[0]
    store = CheckpointStore(FolderObjects(tmp_path / "checkpoints"), f"{this.fingerprint}/pre-training")
    found = store.load()
    assert found is not None
    assert not encoder_variables(model), "nothing of the encoder is trainable"
    for layer in model.layers:
        layer.trainable = True
    pairs = list(zip(found.values, encoder_variables(model), strict=False))
    assert len(pairs) > 10
    for before, variable in pairs:
        np.testing.assert_array_equal(np.array(variable), before, err_msg=variable.path)
    ups = [np.array(layer.kernel) for layer in model.layers if layer.name.endswith("_up")]
    assert ups
    assert all(np.abs(weight).max() > 0 for weight in ups)


@pytest.mark.long
def test_two_workers_learn_what_one_learns_also_by_all_that_is_large(
    log_lines: list[str], tmp_path: Path
) -> None:
    form = {**FORMS["all that is large"], "pretrain_epochs": 1, "adapter_rank": 4}
    settings = SETTINGS.model_copy(update={"model": ModelSettings(**form)})
    source = Folder(small_shop(tmp_path / "orders"))
    work = Workspace.of(source.url, tmp_path / "work")
    transfer(source, Pseudonyms("a key of the private site"), settings, work.arrivals, work.private)
    losses = []
    for workers in (1, 2):
        log_lines.clear()
        these = settings.model_copy(update={"workers": workers})
        out = tmp_path / f"release-{workers}"
        Workers(these, work.folder, out, most_failures=0).run()
        filled = next(
            line.split("loss ")[1].split(",")[0] for line in log_lines if "pre-training: epoch 1" in line
        )
        losses.append([float(filled), *read_report(out)["losses"]])
    np.testing.assert_allclose(losses[1], losses[0], rtol=0.02)  # bfloat16 has eight bits


TWO_DEVICES = """
import numpy as np, tensorflow as tf, keras
from training.fit.adam import FusedAdam
from training.model.item_table import ItemTable
cpu, = tf.config.list_physical_devices("CPU")
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
table = ItemTable(7, 3, 4)
whole = keras.initializers.RandomNormal(0, 0.02, seed=1)((7, 3))
np.testing.assert_array_equal(table(tf.range(7)), whole)
np.testing.assert_array_equal(table.table(), whole)
optimizer = FusedAdam(0.1)
optimizer.build(table.trainable_variables)
for _ in range(2):
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(table(tf.constant([[1, 6], [2, 2]])) ** 2)
    gradients = tape.gradient(loss, [one.value for one in table.trainable_variables])
    optimizer.apply_gradients(zip(map(tf.convert_to_tensor, gradients), table.trainable_variables))
moved = np.abs(table.table() - whole).max(1) > 0
assert moved.tolist() == [False, True, True, False, False, False, True], moved
places = [one.value.device[-5:] for one in table.trainable_variables]
moments = [one.value.device[-5:] for one in optimizer.variables[2:]]
print(places, moments[:4])
assert places == ["CPU:0", "CPU:1"] * 2, places
assert moments in ([*places, *places], [place for place in places for _ in range(2)]), moments
"""


def test_parts_of_a_table_lie_on_devices_in_turn_with_their_moments() -> None:
    quiet = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    ran = subprocess.run(
        [sys.executable, "-c", TWO_DEVICES], env=quiet, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr[-2000:]


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        (
            '"history": "transformer", "heads": 3',
            "model.heads: is 3, which does not divide training.embedding_dim",
        ),
        ('"pretrain_epochs": 2', "model.pretrain_epochs: is 2, but a bag has nothing for it"),
        ('"adapter_rank": 8', "model.adapter_rank: is 8, but a bag has nothing for it"),
        (
            '"history": "transformer", "adapter_rank": 8',
            "model.pretrain_epochs or training.warm_start",
        ),
    ],
)
def test_what_does_not_go_together_is_refused(form: str, sentence: str) -> None:
    with pytest.raises(SettingsError, match=r"^TRAINING_SETTINGS: training\.model") as refused:
        parse(f'{{"model": {{{form}}}}}')
    assert sentence in str(refused.value)
    assert (
        parse('{"warm_start": true, "model": {"history": "transformer", "adapter_rank": 8}}').model.heads == 4
    )
