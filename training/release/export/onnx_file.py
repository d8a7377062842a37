"""``model.onnx``, and the proof that it says what Keras says."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from training.errors import TrainingError
from training.release.export.canonical import canonical

OPSET = 17
TOLERANCE = 1e-3
"""Largest |difference| of two scores that counts as equal. Scores are float32 of magnitude 1 to 20, of
sums over some hundred terms, so 1e-4 is what another order of addition gives; ten times that is an error."""


def to_onnx(function: Callable[..., Any], specs: Sequence[Any]) -> Any:
    """A function of tensors with these ``tf.TensorSpec`` as an ONNX model."""
    import tensorflow as tf

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # tf2onnx 1.17 looks for np.object, which numpy only warns of
        import tf2onnx
    logging.getLogger("tf2onnx").setLevel(logging.ERROR)
    compiled = tf.function(function, input_signature=specs)
    proto, _ = tf2onnx.convert.from_function(compiled, input_signature=specs, opset=OPSET)
    proto.graph.name = "isthmus"
    return proto


def save_onnx(model: Any, path: Path) -> None:
    """Export a ``training.model.two_tower.serving_model``; its dynamic batch is named ``batch``."""
    import onnx
    import tensorflow as tf

    signature = {
        tensor.name: tf.TensorSpec((None, *tensor.shape[1:]), tensor.dtype, name=tensor.name)
        for tensor in model.inputs
    }

    def serve(*arrays: Any) -> Any:
        return model(dict(zip(signature, arrays, strict=True)), training=False)

    proto = to_onnx(serve, list(signature.values()))
    for value in [*proto.graph.input, *proto.graph.output]:
        value.type.tensor_type.shape.dim[0].dim_param = "batch"
    canonical(proto.graph)
    onnx.checker.check_model(proto)
    path.write_bytes(proto.SerializeToString(deterministic=True))


def largest_difference(
    keras_model: Any, path: Path, batches: Sequence[Mapping[str, npt.NDArray[Any]]]
) -> float:
    """Largest |ONNX score - Keras score| over some inputs; the items must be the same or their scores tie.

    Args:
        keras_model: the model that is trained: inputs -> scores of all products.
        path: ``model.onnx``.
        batches: inputs to try.

    Raises:
        TrainingError: when it is above TOLERANCE, naming it.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    largest = 0.0
    for batch in batches:
        products, scores = session.run(["items", "scores"], dict(batch))
        all_scores = np.asarray(keras_model(dict(batch), training=False))
        by_product = np.take_along_axis(all_scores, products.astype(np.int64), axis=1)
        best = -np.sort(-all_scores, axis=1)[:, : scores.shape[1]]
        largest = max(largest, float(np.abs(scores - by_product).max()), float(np.abs(scores - best).max()))
    if not largest <= TOLERANCE:
        raise TrainingError(
            f"model.onnx differs from the Keras model by {largest:.2e}, more than {TOLERANCE:.0e}; "
            "no release is written"
        )
    return largest
