"""The two towers, and what is served of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
from keras import layers, ops

from training.features.history import USER_FEATURES, user_width
from training.features.training_data import TrainingData
from training.model.history_encoder import encode, purchase_features
from training.model.item_table import ItemTable
from training.model.layers import AllItems, ItemBias, OntoItems
from training.settings import ModelSettings

BOUGHT, ENCODED, CUSTOMER, GAINS = "bought", "encoded", "customer", "repeat_gains"
"""Layers by whose outputs ``training.model.submodels`` cuts the model."""


@dataclass(frozen=True)
class Sizes:
    """Products (without padding), vector length, history length, user features."""

    products: int
    dim: int
    history: int
    user: int = USER_FEATURES


def model_inputs(sizes: Sizes) -> dict[str, Any]:
    """The model's three inputs, as ``training.release`` describes them."""
    return {
        "history": keras.Input((sizes.history,), dtype="int32", name="history"),
        "weights": keras.Input((sizes.history,), dtype="float32", name="weights"),
        "user": keras.Input((sizes.user,), dtype="float32", name="user"),
    }


def product_tower(anchor: Any, features: npt.NDArray[np.float32], sizes: Sizes, shards: int) -> Any:
    """Vectors of all products [products + 1, dim]: own embedding plus a projection of text and price."""
    ids = AllItems(sizes.products + 1, name="all_items")(anchor)
    own = _table(sizes, shards)(ids)
    described = layers.Embedding(
        sizes.products + 1, features.shape[1], weights=[features], trainable=False, name="item_features"
    )(ids)
    projected = layers.Dense(
        sizes.dim,
        use_bias=False,
        kernel_initializer=keras.initializers.RandomNormal(0, 0.1, seed=2),
        name="item_projection",
    )(described)
    return own + projected


def _table(sizes: Sizes, shards: int) -> Any:
    if shards > 1:
        return ItemTable(sizes.products + 1, sizes.dim, shards, name="item_embedding")
    initial = keras.initializers.RandomNormal(0, 0.02, seed=1)
    rows = sizes.products + 1
    return layers.Embedding(rows, sizes.dim, embeddings_initializer=initial, name="item_embedding")


def user_tower(inputs: dict[str, Any], bought: Any, sizes: Sizes) -> Any:
    """Vectors of customers [B, dim]: a weighted bag of what they ``bought`` [B, H, dim], and who they are."""
    weights = ops.sqrt(inputs["weights"])
    length = ops.sqrt(ops.sum(inputs["weights"], axis=1, keepdims=True) + 1.0)
    bag = ops.sum(bought * ops.expand_dims(weights, -1), axis=1) / length
    both = layers.Concatenate(name="user_known")([bag, inputs["user"]])
    hidden = layers.Dense(sizes.dim, activation="tanh", name="user_hidden", kernel_initializer=_glorot(3))(
        both
    )
    return layers.Dense(sizes.dim, name="user_vector", kernel_initializer=_glorot(4))(hidden) + layers.Dense(
        sizes.dim, use_bias=False, name="user_shortcut", kernel_initializer=_glorot(5)
    )(bag)


def trust(inputs: dict[str, Any]) -> Any:
    """How much taste says of the next purchase [B, 1], from 0 to 1, by who the customer is.

    What fits a basket in the making says little of a basket weeks later. Without this factor the model takes
    the one for the other, and repeat buying loses (ten months: recall@20 0.30 instead of 0.32).
    """
    hidden = layers.Dense(16, activation="tanh", name="trust_hidden", kernel_initializer=_glorot(9))(
        inputs["user"]
    )
    return ops.sigmoid(layers.Dense(1, name="trust", kernel_initializer=_glorot(10))(hidden))


def repeat_gains(inputs: dict[str, Any]) -> Any:
    """What having bought a product adds to its score [B, H]: repeat buying carries this log."""
    known = purchase_features(inputs["weights"])
    hidden = layers.Dense(16, name="repeat_weight", kernel_initializer=_glorot(6))(known) + ops.expand_dims(
        layers.Dense(16, use_bias=False, name="repeat_user", kernel_initializer=_glorot(7))(inputs["user"]), 1
    )
    gain = layers.Dense(1, name="repeat_gain", kernel_initializer=_glorot(8))(ops.tanh(hidden))
    return ops.squeeze(gain, -1) * ops.cast(inputs["history"] > 0, gain.dtype)


def build(
    sizes: Sizes,
    features: npt.NDArray[np.float32],
    settings: ModelSettings = ModelSettings(),  # noqa: B008 (frozen)
) -> keras.Model:
    """The model that is trained: three inputs -> scores float32 [B, products + 1]; column 0 is padding.

    Its variables are float32 in any precision, and have the same names and order.
    """
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy(settings.precision)
    try:
        return _build(sizes, features, settings)
    finally:
        keras.config.set_dtype_policy(policy)


def _build(sizes: Sizes, features: npt.NDArray[np.float32], settings: ModelSettings) -> keras.Model:
    inputs = model_inputs(sizes)
    vectors = product_tower(inputs["history"], features, sizes, settings.embedding_shards)
    bought = layers.Identity(name=BOUGHT)(ops.take(vectors, inputs["history"], axis=0))
    if settings.history == "transformer":
        bought = encode(bought, inputs["history"], inputs["weights"], settings)
    bought = layers.Identity(name=ENCODED)(bought)
    users = layers.Identity(name=CUSTOMER)(user_tower(inputs, bought, sizes) * trust(inputs))
    gains = layers.Identity(name=GAINS)(repeat_gains(inputs))
    repeated = OntoItems(sizes.products + 1, name="onto_items")(inputs["history"], gains)
    scores = ItemBias(name="item_bias")(ops.matmul(users, ops.transpose(vectors)) + repeated)
    return keras.Model(inputs, ops.cast(scores, "float32"), name="two_tower")


def build_model(data: TrainingData, **changed: Any) -> keras.Model:
    """Build the model of a run, with ``changed`` fields of its ``ModelSettings``."""
    settings = data.settings
    model_settings = settings.model.model_copy(update=changed)
    user = user_width(model_settings.time_features)
    sizes = Sizes(len(data.catalogue), settings.embedding_dim, settings.history_length, user)
    return build(sizes, data.catalogue.features(), model_settings)


def serving_model(model: keras.Model, top_k: int) -> keras.Model:
    """The model that is served: the same inputs -> ``items`` int32 [B, K] and ``scores`` float32 [B, K]."""
    inputs = {tensor.name: tensor for tensor in model.inputs}
    scores, items = ops.top_k(model(inputs), top_k)
    return keras.Model(inputs, {"items": ops.cast(items, "int32"), "scores": scores}, name="served")


def _glorot(seed: int) -> Any:
    """A seed of its own for each layer: two layers with one seed and shape would start equal."""
    return keras.initializers.GlorotUniform(seed=seed)
