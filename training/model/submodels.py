"""The model cut at its joints: what an objective needs where the whole catalogue is not to be scored."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras

from training.model.history_encoder import PREFIX
from training.model.objective import INPUTS
from training.model.two_tower import BOUGHT, CUSTOMER, ENCODED, GAINS

PRODUCT_LAYERS = ("item_embedding", "item_projection")


def product_vectors(model: keras.Model) -> Callable[[Any], Any]:
    """Numbers of products int32 [...] -> their vectors [..., D]."""
    own, projection = (model.get_layer(name) for name in PRODUCT_LAYERS)
    features = model.get_layer("item_features")

    def vectors(ids: Any) -> Any:
        return own(ids) + projection(features(ids))

    return vectors


def customer_part(model: keras.Model) -> keras.Model:
    """Vectors of what was bought [B, H, D], ``history``, ``weights`` and ``user`` -> the customer's vector
    [B, D] and what having bought each product adds [B, H]."""
    outputs = [model.get_layer(name).output for name in (CUSTOMER, GAINS)]
    return keras.Model([model.get_layer(BOUGHT).output, *_inputs(model, *INPUTS)], outputs)


def encoder_part(model: keras.Model) -> keras.Model:
    """Vectors of what was bought [B, H, D], ``history`` and ``weights`` -> the same in context [B, H, D]."""
    inputs = [model.get_layer(BOUGHT).output, *_inputs(model, "history", "weights")]
    return keras.Model(inputs, model.get_layer(ENCODED).output)


def encoder_variables(model: keras.Model) -> list[Any]:
    """What pre-training learns: the products' vectors and the blocks, without adapters."""
    return [variable for layer in _encoder(model) for variable in layer.trainable_variables]


def freeze_encoder(model: keras.Model) -> None:
    """Leave the products' vectors and the blocks as they are; adapters and the rest go on learning."""
    for layer in _encoder(model):
        layer.trainable = False


def _encoder(model: keras.Model) -> list[Any]:
    return [layer for layer in model.layers if layer.name in PRODUCT_LAYERS or layer.name.startswith(PREFIX)]


def _inputs(model: keras.Model, *names: str) -> list[Any]:
    inputs = {layer.name: layer for layer in model.inputs}
    return [inputs[name] for name in names]
