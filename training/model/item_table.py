"""The products' table in parts, for one that is larger than a GPU's memory."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf


@keras.saving.register_keras_serializable("isthmus")
class ItemTable(keras.layers.Layer):  # type: ignore[misc]
    """An embedding [count, dim] whose row i is row i // shards of part i % shards.

    The parts lie on the machine's GPUs in turn, and Adam's two moments of each beside it. Popular and rare
    products are spread evenly, as numbers follow product codes. Workers of one run each hold the whole table.
    """

    def __init__(self, count: int, dim: int, shards: int, **more: Any) -> None:
        super().__init__(**more)
        self.count, self.dim, self.shards = count, dim, shards

    def build(self, _shape: Any) -> None:
        # The numbers of one table whatever the number of parts, so that a run does not depend on it.
        initial = keras.initializers.RandomNormal(0, 0.02, seed=1)((self.count, self.dim))
        whole = np.array(initial)
        self.parts = []
        for part in range(self.shards):
            rows = whole[part :: self.shards]
            with device_of(part):
                weight = self.add_weight(
                    shape=rows.shape,
                    initializer=lambda _shape, dtype=None, rows=rows: tf.convert_to_tensor(rows, dtype),
                    name=f"part_{part}",
                )
            self.parts.append(weight)
        self.built = True

    def call(self, ids: Any) -> Any:
        part, row = ids % self.shards, ids // self.shards
        found = []
        for number, weight in enumerate(self.parts):
            of_part = part == number
            # A row that is another part's is looked up at 0, and counts 0.
            vectors = tf.gather(tf.cast(weight, self.compute_dtype), tf.where(of_part, row, 0))
            found.append(vectors * tf.cast(of_part, vectors.dtype)[..., None])
        return tf.add_n(found)

    def compute_output_spec(self, ids: Any) -> keras.KerasTensor:
        return keras.KerasTensor((*ids.shape, self.dim), dtype=self.compute_dtype)

    def table(self) -> npt.NDArray[np.float32]:
        """The whole table, float32 [count, dim]."""
        whole = np.zeros((self.count, self.dim), np.float32)
        for number, weight in enumerate(self.parts):
            whole[number :: self.shards] = np.array(weight)
        return whole

    def assign(self, whole: npt.NDArray[np.float32]) -> None:
        """Set the whole table."""
        for number, weight in enumerate(self.parts):
            weight.assign(whole[number :: self.shards])

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "count": self.count, "dim": self.dim, "shards": self.shards}


def device_of(part: int) -> AbstractContextManager[Any]:
    """Where a part lies: this machine's devices in turn. Among several workers the strategy decides."""
    devices = tf.config.list_logical_devices("GPU") or tf.config.list_logical_devices("CPU")
    if len(devices) < 2 or tf.distribute.has_strategy():
        return nullcontext()
    machine = tf.zeros([]).device.partition("/device:")[0]
    # Those of a peer are listed, too.
    own = [device.name for device in devices if device.name.startswith((f"{machine}/", "/device:"))]
    placed: AbstractContextManager[Any] = tf.device(own[part % len(own)])
    return placed
