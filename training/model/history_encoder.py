"""Self-attention over a history: each purchase in the light of the others."""

from __future__ import annotations

from typing import Any

from keras import layers, ops

from training.settings import ModelSettings

PREFIX = "history_"
"""Prefix of the names of all layers that pre-training learns and adapters leave as they are."""
ADAPTER = "adapter_"


def purchase_features(weights: Any) -> Any:
    """What a purchase weighs, as layers take it: [B, H] -> [B, H, 3]."""
    weight = ops.expand_dims(weights, -1)
    return ops.concatenate([weight, ops.sqrt(weight), ops.log(1 + 4 * weight)], axis=-1)


def encode(bought: Any, history: Any, weights: Any, settings: ModelSettings) -> Any:
    """Vectors of what was bought [B, H, D] -> the same in context [B, H, D].

    What a purchase weighs (how often, how long ago) takes the place of a position. Blocks are pre-norm
    (Xiong et al. 2020, "On Layer Normalization in the Transformer Architecture"); the last layer begins at
    0, so that a model begins as a bag. Adapters are those of Houlsby et al. 2019 ("Parameter-Efficient
    Transfer Learning for NLP"), one after each block's dense part.
    """
    dim = bought.shape[-1]
    is_purchase = ops.expand_dims(history > 0, 1)
    x = bought + layers.Dense(dim, name=f"{PREFIX}known")(purchase_features(weights))
    for number in range(settings.blocks):
        name = f"{PREFIX}{number}"
        normal = layers.LayerNormalization(name=f"{name}_attention_norm")(x)
        attention = layers.MultiHeadAttention(settings.heads, dim // settings.heads, name=f"{name}_attention")
        x = x + attention(normal, normal, attention_mask=is_purchase)
        normal = layers.LayerNormalization(name=f"{name}_norm")(x)
        hidden = layers.Dense(4 * dim, activation="silu", name=f"{name}_hidden")(normal)
        x = x + layers.Dense(dim, name=f"{name}_out")(hidden)
        if settings.adapter_rank:
            down = layers.Dense(settings.adapter_rank, activation="silu", name=f"{ADAPTER}{number}_down")(x)
            x = x + layers.Dense(dim, kernel_initializer="zeros", name=f"{ADAPTER}{number}_up")(down)
    normal = layers.LayerNormalization(name=f"{PREFIX}norm")(x)
    return bought + layers.Dense(dim, kernel_initializer="zeros", name=f"{PREFIX}out")(normal)
