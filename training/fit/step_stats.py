"""The statistics of a step: its loss, the size of its gradients, and each worker's own seconds.

One small vector, added up over the workers beside the gradients. As each worker fills a place of its own,
the sum is a gathering: everyone knows after each step how long everyone took.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import tensorflow as tf


def step_stats(loss: Any, gradients: Sequence[Any], began: Any) -> Any:
    """This replica's statistics, float32 [2 + replicas], or [2] of one alone; call in the replica's context.

    ``loss`` is the replica's part of the loss, ``gradients`` are not yet added up, ``began``
    is when the step began (seconds since 1970, float64). The seconds end when the gradients are there: what
    follows is waiting for others. The size is the sum of the squared norms of the replicas' gradients.
    """
    context = tf.distribute.get_replica_context()
    replicas = context.num_replicas_in_sync
    squared = tf.square(tf.cast(tf.linalg.global_norm(list(gradients)), tf.float32))
    summed = tf.stack([tf.cast(loss, tf.float32), squared])
    if replicas == 1:  # nobody to compare with, and where all is deterministic there is no clock to read
        return summed
    with tf.control_dependencies([squared, loss]):
        seconds = tf.cast(tf.timestamp() - began, tf.float32)
    own = tf.one_hot(context.replica_id_in_sync_group, replicas, seconds, 0.0)
    return tf.concat([summed, own], 0)
