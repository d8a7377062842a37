"""``model.onnx``, and the proof that it says what Keras says."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
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


def save_onnx(model: Any, path: Path) -> None:
    """Export a served model (``training.model.two_tower.served``) with a dynamic batch named ``batch``."""
    import onnx
    import tensorflow as tf

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # tf2onnx 1.17 looks for np.object, which numpy only warns of
        import tf2onnx
    import logging

    logging.getLogger("tf2onnx").setLevel(logging.ERROR)
    signature = {
        one.name: tf.TensorSpec((None, *one.shape[1:]), one.dtype, name=one.name) for one in model.inputs
    }

    def serve(*given: Any) -> Any:
        return model(dict(zip(signature, given, strict=True)), training=False)

    specs = list(signature.values())
    compiled = tf.function(serve, input_signature=specs)
    proto, _ = tf2onnx.convert.from_function(compiled, input_signature=specs, opset=OPSET)
    for value in [*proto.graph.input, *proto.graph.output]:
        value.type.tensor_type.shape.dim[0].dim_param = "batch"
    proto.graph.name = "isthmus"
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
    worst = 0.0
    for batch in batches:
        items, scores = session.run(["items", "scores"], dict(batch))
        every = np.asarray(keras_model(dict(batch), training=False))
        by_item = np.take_along_axis(every, items.astype(np.int64), axis=1)
        best = -np.sort(-every, axis=1)[:, : scores.shape[1]]
        worst = max(worst, float(np.abs(scores - by_item).max()), float(np.abs(scores - best).max()))
    if not worst <= TOLERANCE:
        raise TrainingError(
            f"model.onnx differs from the Keras model by {worst:.2e}, more than {TOLERANCE:.0e}; "
            "no release is written"
        )
    return worst
