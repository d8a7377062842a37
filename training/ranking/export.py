"""The network as ONNX, and the proof that it says what Keras says."""

from __future__ import annotations

import logging
import warnings
from pathlib import Path
from typing import Any

import numpy as np

from training.errors import TrainingError
from training.ranking.history_snapshot import Floats

OPSET = 17
TOLERANCE = 1e-3


def save_onnx(model: Any, path: Path, trial: Floats) -> float:
    """Write input ``features`` [customers, candidates, features], output ``scores`` [customers, candidates].

    Args:
        model: features [rows, features] to scores [rows, 1].
        path: of the file.
        trial: rows x features, to compare on.

    Returns:
        The largest difference from the Keras model on ``trial``.

    Raises:
        TrainingError: when it is above TOLERANCE.
    """
    import onnx
    import onnxruntime
    import tensorflow as tf

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import tf2onnx
    logging.getLogger("tf2onnx").setLevel(logging.ERROR)
    specs = [tf.TensorSpec((None, None, trial.shape[1]), tf.float32, name="features")]

    def serve(features: Any) -> Any:
        rows = tf.reshape(features, (-1, trial.shape[1]))
        return {"scores": tf.reshape(model(rows, training=False), tf.shape(features)[:2])}

    compiled = tf.function(serve, input_signature=specs)
    proto, _ = tf2onnx.convert.from_function(compiled, input_signature=specs, opset=OPSET)
    proto.graph.name = "isthmus"
    onnx.checker.check_model(proto)
    content = proto.SerializeToString(deterministic=True)
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    said = session.run(["scores"], {"features": trial[None]})[0]
    worst = float(np.abs(said[0] - np.asarray(model(trial, training=False))[:, 0]).max())
    if not worst <= TOLERANCE:
        raise TrainingError(
            f"the ranker's ONNX file differs from Keras by {worst:.2e}; allowed is {TOLERANCE:.0e}"
        )
    path.write_bytes(content)
    return worst
