"""The customer's half of the towers for devices: LiteRT files, float and int8, and the products' vectors.

A device holds the vectors of its products, looks up those of what was bought, asks the LiteRT model for the
customer's vector, and multiplies. So the file is small whatever the number of products, and is asked for one
customer at a time.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from isthmus.quiet_stderr import quiet_stderr
from training.errors import TrainingError
from training.release.contents import KERAS_MODEL
from training.release.errors import reading

Floats = npt.NDArray[np.float32]
Inputs = Mapping[str, npt.NDArray[Any]]
"""``history`` int32 [B, H], ``weights`` float32 [B, H] and ``user`` float32 [B, U]."""

HISTORY, BOUGHT = "history", "bought"
INPUTS = (HISTORY, "weights", "user")
"""In the order in which ``customer_part`` takes them, after ``bought``."""


@dataclass(frozen=True)
class DeviceTowers:
    """A release's model as a device runs it.

    Attributes:
        model: of Keras, in float32, as the release has it.
        vectors: of all products, float32 [products + 1, D]; row 0 is padding.
        bias: of all products, float32 [products + 1].
    """

    model: Any
    vectors: Floats
    bias: Floats

    @classmethod
    def read(cls, release: Path) -> DeviceTowers:
        """Read ``model.keras`` of a release directory. Raises ReleaseDamaged."""
        # TensorFlow takes both once in a process, and what learns in this one later asks for the same.
        from training.fit.cluster import ALONE, limit_threads, prepare

        prepare(os.environ, ALONE)
        limit_threads(ALONE)
        from training.model.submodels import product_vectors

        with reading(KERAS_MODEL):
            model = _load(release / KERAS_MODEL)
            bias = np.array(model.get_layer("item_bias").bias, np.float32)
            vectors = np.array(product_vectors(model)(np.arange(len(bias), dtype=np.int32)), np.float32)
        return cls(model, vectors, bias)

    def scores(self, inputs: Inputs) -> Floats:
        """What Keras says: scores of all products, float32 [B, products + 1]."""
        return np.asarray(self.model(dict(inputs), training=False))

    def litert(self, int8: bool) -> bytes:
        """A LiteRT model of one customer: ``bought`` float32 [1, H, D] (vectors of the history), ``history``,
        ``weights`` and ``user`` -> the customer's vector [1, D] and what having bought adds [1, H].

        Args:
            int8: weights in int8, by the range of each; what is multiplied by them is brought to int8 as it
                comes. Ranges fixed beforehand on real customers lose more (``docs/edge.md`` has figures).

        Raises:
            TrainingError: where the converter does not take the model.
        """
        import tensorflow as tf

        from training.model.submodels import customer_part

        part = customer_part(self.model)
        # Keras numbers models as they come, and the file has the name in it.
        part.name = "customer"

        @tf.function(input_signature=self._signature())  # type: ignore[untyped-decorator]
        def customer(bought: Any, history: Any, weights: Any, user: Any) -> Any:
            return tuple(part([bought, history, weights, user], training=False))

        functions = [customer.get_concrete_function()]
        converter = tf.lite.TFLiteConverter.from_concrete_functions(functions, customer)
        if int8:
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
        try:
            with quiet_stderr():
                converted: bytes = converter.convert()
        except Exception as error:  # the converter's own kinds are private
            reason = " ".join(str(error).split())[:200]
            raise TrainingError(f"model.keras cannot be made a LiteRT model: {reason}") from None
        return converted

    def _signature(self) -> list[Any]:
        import tensorflow as tf

        own = {tensor.name: tensor for tensor in self.model.inputs}
        length, dim = own[HISTORY].shape[1], self.vectors.shape[1]
        return [
            tf.TensorSpec((1, length, dim), tf.float32, name=BOUGHT),
            *(tf.TensorSpec((1, own[name].shape[1]), own[name].dtype, name=name) for name in INPUTS),
        ]


def _load(path: Path) -> Any:
    import keras

    from training.model import item_table, layers  # noqa: F401 (Keras knows their names once imported)

    model = keras.saving.load_model(path, compile=False)
    plain = _in_float32(model.get_config())
    if plain == model.get_config():
        return model
    # The variables are float32 in any precision.
    exact = keras.Model.from_config(plain)
    exact.set_weights(model.get_weights())
    return exact


def _in_float32(config: Any) -> Any:
    """A model's config with no layer that computes in half precision, which no device's CPU is faster by."""
    text = json.dumps(config)
    return json.loads(text.replace('"mixed_bfloat16"', '"float32"'))
