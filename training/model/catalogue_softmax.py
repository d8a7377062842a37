"""The loss over the whole catalogue with the gradient written by hand: few passes over the scores."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tensorflow as tf

from training.model.layers import NEVER


@tf.custom_gradient  # type: ignore[untyped-decorator]
def catalogue_softmax(
    users: Any, vectors: Any, own: Any, gains: Any, revealed: Any, targets: Any, shares: Any, weight: Any
) -> tuple[Any, Callable[[Any], Any]]:
    """The sum over some examples of -(shares at the targets) . log softmax(scores), and its gradient.

    The scores [B, N] are ``users . vectors`` plus ``gains`` at the places ``own``; what was revealed is no
    candidate. As the gradient of the scores is weight * softmax - shares, the exponentials of the loss are
    used again, and neither log softmax nor a dense gradient of a gather is ever made.

    Args:
        users: float32 [B, D].
        vectors: float32 [N, D].
        own: int32 [H, 2], row and product.
        gains: float32 [H].
        revealed: int32 [T, 2].
        targets: int32 [K, 2].
        shares: float32 [K], the weight of the example over the products of its basket.
        weight: float32 [B], the sum of an example's shares.

    Returns:
        float32 [], with gradients for users, vectors and gains.
    """
    scores = tf.matmul(users, vectors, transpose_b=True)
    never = tf.fill([tf.shape(revealed)[0]], tf.constant(NEVER, scores.dtype))
    scores = tf.tensor_scatter_nd_add(scores, tf.concat([own, revealed], 0), tf.concat([gains, never], 0))
    at_targets = tf.gather_nd(scores, targets)
    largest = tf.reduce_max(scores, 1, keepdims=True)
    exponentials = tf.exp(scores - largest)
    sums = tf.reduce_sum(exponentials, 1, keepdims=True)
    loss = tf.reduce_sum(weight * (tf.math.log(sums) + largest)[:, 0]) - tf.reduce_sum(shares * at_targets)

    def gradient(upstream: Any) -> Any:
        score_gradient = exponentials * (upstream * weight[:, None] / sums)
        score_gradient = tf.tensor_scatter_nd_sub(score_gradient, targets, upstream * shares)
        return (
            tf.matmul(score_gradient, vectors),
            tf.matmul(score_gradient, users, transpose_a=True),
            None,
            tf.gather_nd(score_gradient, own),
            None,
            None,
            None,
            None,
        )

    return loss, gradient
